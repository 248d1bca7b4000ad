-- Share of households with a computer and a broadband subscription (card digital-access, sections 3, 6 and 8).
WITH
-- Step 1: householders, whose race and ethnicity are those of the household
householders AS (
    SELECT sample, statefip, serialno, subgroup_key FROM person WHERE pernum = 1
),
-- Step 2: households; group quarters and vacant units are left out
in_households AS (
    SELECT household.* EXCLUDE (subgroup_key), household.subgroup_key + householders.subgroup_key AS subgroup_key
    FROM household
    JOIN householders USING (sample, statefip, serialno)
    WHERE gq IN (1, 2, 5)
),
-- Steps 4 and 5: without suppressed subscriptions (88) and without households the question does not apply to
asked AS (
    SELECT * FROM in_households WHERE cihispeed <> 88 AND cinethh <> 0
),
-- Step 6: access is a laptop, desktop or tablet together with cable, fiber or DSL; all others stay in the denominator
puma_sums AS MATERIALIZED (
    SELECT sample, statefip, puma, countyfip, subgroup_key, count(*) AS records, sum(hhwt)::BIGINT AS households,
           coalesce(sum(hhwt) FILTER (WHERE (cilaptop = 1 OR citablet = 1) AND cihispeed = 10), 0)::BIGINT AS with_access
    FROM asked
    GROUP BY ALL
),
-- Step 7: allocation factors of the period without Puerto Rico; as decimals, so that every sum is exact in any order
allocation AS (
    SELECT geoid, statefip, puma, afact::DECIMAL(18, 15) AS afact, sum_products
    FROM crosswalk
    WHERE crosswalk_period = getvariable('crosswalk_period') AND statefip <> '72' AND afact > 0
),
-- County that the microdata identify: as the provider says, else derived from the PUMA; places have none
with_county AS (
    SELECT puma_sums.*, nullif(coalesce(puma_sums.countyfip, identified.countyfip, '000'), '000') AS known_county
    FROM puma_sums
    LEFT JOIN (FROM identified_county WHERE crosswalk_period = getvariable('crosswalk_period')) AS identified
        USING (statefip, puma)
),
-- Step 8: households of a known county count in full, once per crosswalk row of their PUMA; the others are allocated
assigned AS (
    SELECT sample, statefip, subgroup_key, records, households, with_access,
           CASE WHEN known THEN statefip || known_county ELSE geoid END AS geoid,
           CASE WHEN known THEN 1 ELSE afact END::DECIMAL(18, 15) AS afact,
           CASE WHEN known THEN 1 ELSE sum_products END AS sum_products
    FROM (SELECT *, known_county IS NOT NULL AND getvariable('geography') = 'county'
                    AND getvariable('rule_known_county_counted_per_crosswalk_row') AS known
          FROM with_county
          JOIN allocation USING (statefip, puma))
),
-- Labels of each key
labelled AS (
    SELECT sample, statefip, geoid, subgroup_type, subgroup, sum(records)::BIGINT AS records,
           sum(afact * with_access)::DOUBLE AS with_access, sum(afact * households)::DOUBLE AS households,
           max(sum_products) AS sum_products
    FROM assigned
    JOIN subgroup USING (sample, subgroup_key)
    GROUP BY ALL
),
-- Section 6: a cell needs 30 joined records
suppressed AS (
    SELECT *, records < getvariable('minimum_records') AS suppressed FROM labelled
),
-- Areas of the period and every label
grid AS (
    SELECT DISTINCT statefip, geoid, sample, subgroup_type, subgroup
    FROM allocation, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup)
),
-- States that have records
states_at_hand AS (
    SELECT DISTINCT sample, statefip, true AS at_hand FROM puma_sums
)
-- Step 9 and section 8: share and quality
SELECT 'share_digital_access' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN NOT suppressed THEN with_access / households END AS value,
       CASE WHEN NOT suppressed THEN allocation_quality(sum_products) END AS quality,
       CASE WHEN NOT suppressed THEN with_access END AS numerator,
       CASE WHEN NOT suppressed THEN households END AS denominator,
       records AS sample_size,
       CASE WHEN at_hand IS NULL THEN 'no input for state'
            WHEN coalesce(suppressed, true) THEN 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN suppressed USING (sample, statefip, geoid, subgroup_type, subgroup)
LEFT JOIN states_at_hand USING (sample, statefip)
