-- Housing units that are affordable, and affordable and available, per household at or below 30, 50 and 80 percent of
-- area median income (card housing-affordability, sections 3, 6 and 8). Limits differ by area, so a record is held against
-- the limits of every area of its PUMA; sums are made per PUMA, area and level before the allocation factor is applied.
WITH
-- Allocation factors of the period of the year
factors AS (
    SELECT geoid, statefip, puma, afact, geographic_allocation_quality
    FROM allocation
    WHERE crosswalk_period = crosswalk_period(getvariable('year'))
),
-- Step 3: households (the records of occupied units, one per householder)
households AS (
    SELECT * FROM household WHERE list_contains(getvariable('rule_group_quarters_codes'), gq)
),
-- Step 2: their monthly amounts and yearly income in dollars of the calendar year
occupied AS MATERIALIZED (
    SELECT statefip, puma, serialno, ownershp, hhwt, hhincome * adjust AS income, rent * adjust AS rent,
           rentgrs * adjust AS gross_rent, owncost * adjust AS owner_cost
    FROM households
),
-- Step 4: vacant units for rent, for sale, or rented or sold but not yet occupied; all other vacant units are left out
vacant AS MATERIALIZED (
    SELECT statefip, puma, hhwt, valueh * adjust AS house_value,
           rent * CASE WHEN getvariable('rule_vacant_rent_not_adjusted') THEN 1 ELSE adjust END AS rent
    FROM household
    WHERE gq = 0 AND vacancy IN (1, 2, 3)
),
-- Step 5: principal and interest of a loan over 90 percent of the value, 360 months at 0.5 percent
vacant_with_loan AS (
    SELECT *, 0.9e0 * house_value AS loan, loan * 0.005e0 * 1.005e0 ** 360 / (1.005e0 ** 360 - 1) AS principal_and_interest
    FROM vacant
),
-- Step 5: monthly owner cost: with mortgage insurance, 0.7 percent of the loan a year, and taxes, 25 percent of the payment
vacant_with_cost AS (
    SELECT statefip, puma, hhwt, rent,
           principal_and_interest + 0.007e0 * loan / 12 + 0.25e0 * principal_and_interest AS owner_cost
    FROM vacant_with_loan
),
-- Step 7: gross rent relative to rent of renters; weights and weighted ratios per PUMA
puma_rent_ratios AS (
    SELECT statefip, puma, sum(hhwt)::BIGINT AS weight, sum(hhwt * (gross_rent / rent) ORDER BY serialno) AS weighted_ratio
    FROM occupied
    WHERE ownershp = 2 AND gross_rent / rent IS NOT NULL
    GROUP BY ALL
),
-- Step 7: gross-rent factor of each area: mean ratio, weighted by household weight times allocation factor
rent_factors AS (
    SELECT geoid,
           sum(afact::DOUBLE * weighted_ratio ORDER BY puma) / nullif(sum(afact * weight)::DOUBLE, 0) AS rent_factor
    FROM puma_rent_ratios
    JOIN factors USING (statefip, puma)
    GROUP BY ALL
),
-- Step 13: the most that a household at the limit can spend in a month: 30 percent, divided by 12 below
limits AS (
    SELECT geoid, statefip, puma, level, income_limit, 0.3e0 * income_limit AS affordable_per_year
    FROM factors
    JOIN income_limit USING (geoid)
),
-- Steps 12 to 14: at or below the limit, affordable at the limit; a cost or an income that is not there counts in neither
occupied_indicators AS (
    SELECT geoid, statefip, puma, level, ownershp, hhwt,
           income <= income_limit AS below,
           CASE WHEN ownershp = 2 AND gross_rent IS NULL AND NOT getvariable('rule_no_cash_rent_not_affordable') THEN true
                WHEN ownershp = 2 THEN gross_rent * 12 <= affordable_per_year
                ELSE owner_cost * 12 <= affordable_per_year END AS affordable
    FROM occupied
    JOIN limits USING (statefip, puma)
),
-- Step 15: a vacant unit is a rental where it has a gross rent above zero; the others are judged by their owner cost
vacant_indicators AS (
    SELECT geoid, statefip, puma, level, hhwt,
           CASE WHEN rent * rent_factor > 0 THEN rent * rent_factor * 12 <= affordable_per_year END AS affordable_to_rent,
           owner_cost * 12 <= affordable_per_year AS affordable_to_own
    FROM vacant_with_cost
    JOIN limits USING (statefip, puma)
    LEFT JOIN rent_factors USING (geoid)
),
-- Labels and the ownership code that counts in each; all households count in All
tenures(subgroup, tenure_code) AS (
    VALUES ('All', NULL), ('Owner', 1), ('Renter', 2)
),
-- Step 16: household sums per PUMA, area, level and ownership: whole numbers
puma_sums AS (
    SELECT geoid, statefip, puma, level, ownershp,
           count(*) FILTER (WHERE below) AS records_below,
           coalesce(sum(hhwt) FILTER (WHERE below), 0)::BIGINT AS households_below,
           coalesce(sum(hhwt) FILTER (WHERE affordable), 0)::BIGINT AS affordable,
           coalesce(sum(hhwt) FILTER (WHERE affordable AND below), 0)::BIGINT AS available
    FROM occupied_indicators
    GROUP BY ALL
),
-- Step 16: the same for vacant units, of which each is available
vacant_puma_sums AS (
    SELECT geoid, statefip, puma, level, subgroup, sum(hhwt)::BIGINT AS vacant
    FROM vacant_indicators
    JOIN tenures ON CASE subgroup WHEN 'All' THEN coalesce(affordable_to_rent, affordable_to_own)
                                  WHEN 'Owner' THEN affordable_to_own
                                  ELSE affordable_to_rent END
    GROUP BY ALL
),
-- Steps 2 and 16: allocated sums of the area, and sample households (records times allocation factor)
area_sums AS (
    SELECT geoid, level, subgroup,
           sum(afact * records_below) AS effective_sample,
           sum(records_below)::BIGINT AS sample_size,
           sum(afact * households_below) AS households_below,
           sum(afact * affordable) AS affordable,
           sum(afact * available) AS available
    FROM puma_sums
    JOIN factors USING (geoid, statefip, puma)
    JOIN tenures ON tenure_code IS NULL OR tenure_code = ownershp
    GROUP BY ALL
),
-- Step 16: vacant units of the area; the published method counts them in full in every area that their PUMA touches
vacant_area_sums AS (
    SELECT geoid, level, subgroup,
           sum(vacant * CASE WHEN getvariable('rule_vacant_units_not_allocated') THEN 1 ELSE afact END) AS vacant
    FROM vacant_puma_sums
    JOIN factors USING (geoid, statefip, puma)
    GROUP BY ALL
),
-- Step 17: units, occupied and vacant, for each household at or below the limit
ratios AS (
    SELECT geoid, level, subgroup, effective_sample, sample_size,
           households_below::DOUBLE AS households_below,
           (affordable + coalesce(vacant, 0))::DOUBLE AS affordable_units,
           (available + coalesce(vacant, 0))::DOUBLE AS available_units
    FROM area_sums
    LEFT JOIN vacant_area_sums USING (geoid, level, subgroup)
),
-- Amounts of households that the files of a state lack altogether; a ratio without them would be wrong, not small
lacking_of_households AS (
    SELECT statefip,
           CASE WHEN count(income) = 0 THEN 'household income' END AS lacking,
           CASE WHEN count(owner_cost) = 0 THEN 'owner costs' END AS lacking_for_owners,
           CASE WHEN count(gross_rent) = 0 THEN 'gross rents' WHEN count(rent) = 0 THEN 'rents' END AS lacking_for_renters
    FROM occupied
    GROUP BY ALL
),
-- Amounts of vacant units that they lack, also where there are no vacant units at all
lacking_of_vacant AS (
    SELECT statefip,
           CASE WHEN count(house_value) = 0 THEN 'values of vacant units' END AS lacking_for_owners,
           CASE WHEN count(vacant.rent) = 0 THEN 'rents of vacant units' END AS lacking_for_renters
    FROM lacking_of_households
    LEFT JOIN vacant USING (statefip)
    GROUP BY ALL
),
-- What each tenure lacks in each state; a state without a row has no records
states_at_hand AS (
    SELECT statefip, subgroup,
           concat_ws(', ', lacking,
                     CASE WHEN subgroup <> 'Renter' THEN of_households.lacking_for_owners END,
                     CASE WHEN subgroup <> 'Renter' THEN of_vacant.lacking_for_owners END,
                     CASE WHEN subgroup <> 'Owner' THEN of_households.lacking_for_renters END,
                     CASE WHEN subgroup <> 'Owner' THEN of_vacant.lacking_for_renters END) AS lacks
    FROM lacking_of_households AS of_households
    JOIN lacking_of_vacant AS of_vacant USING (statefip)
    CROSS JOIN tenures
),
-- Every area of the period, level and label, whether or not there is a ratio
grid AS (
    SELECT geoid, statefip, max(geographic_allocation_quality) AS quality, level, subgroup
    FROM factors, (VALUES (30), (50), (80)) AS levels(level), tenures
    GROUP BY ALL
),
-- Suppression: fewer than 30 sample households at or below the limit
judged AS (
    SELECT grid.*, households_below, affordable_units, available_units, sample_size,
           CASE WHEN lacks IS NULL THEN 'no input for state'
                WHEN lacks <> '' THEN 'no input: ' || lacks
                WHEN income_limit IS NULL THEN 'no income limit'
                WHEN coalesce(effective_sample, 0) < getvariable('minimum_effective_sample') THEN 'suppressed: n<30'
           END AS note
    FROM grid
    LEFT JOIN income_limit USING (geoid, level)
    LEFT JOIN ratios USING (geoid, level, subgroup)
    LEFT JOIN states_at_hand USING (statefip, subgroup)
),
-- Both measures: affordable units, and those of them that are available
measures AS (
    SELECT *, 'share_affordable_' || level || '_ami' AS measure, affordable_units AS units FROM judged
    UNION ALL
    SELECT *, 'share_affordable_available_' || level || '_ami' AS measure, available_units AS units FROM judged
)
SELECT measure, geoid, CASE subgroup WHEN 'All' THEN 'all' ELSE 'tenure' END AS subgroup_type, subgroup,
       CASE WHEN note IS NULL THEN units / households_below END AS value,
       CASE WHEN note IS NULL THEN quality END AS quality,
       CASE WHEN note IS NULL THEN units END AS numerator,
       CASE WHEN note IS NULL THEN households_below END AS denominator,
       sample_size,
       note
FROM measures
