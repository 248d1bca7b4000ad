-- Transit commuters and transportation cost (card transportation, sections 3, 4 and 8).
WITH
-- Steps 1 to 3: tracts with households, percentages as shares
households_of_tracts AS (
    SELECT geoid AS tract_geoid, households, pct_transit_commuters / 100 AS transit_commuter,
           pct_transportation_cost / 100 AS transportation_cost
    FROM ht_tract
    WHERE households > 0
),
-- Step 5: type of a tract by the share of White, non-Hispanic residents (lines 1 and 3 of table B03002)
composition AS (
    SELECT geoid AS tract_geoid, max(estimate) FILTER (WHERE line = 1) AS people, max(estimate) FILTER (WHERE line = 3) AS white
    FROM race
    WHERE area = 'tract'
    GROUP BY ALL
),
-- Housing units and their standard error (the 90 percent margin divided by the normal quantile)
units AS (
    SELECT geoid AS tract_geoid, estimate AS units, margin / 1.6448536269514722 AS units_error
    FROM housing_units
    WHERE area = 'tract' AND line = 1
),
-- Step 4: all of a tract. One without residents in the survey is left out.
tracts AS (
    SELECT households_of_tracts.*, units, units_error,
           CASE WHEN white / nullif(people, 0) >= 0.6 THEN 'White neighborhoods'
                WHEN (people - white) / nullif(people, 0) >= 0.6 THEN 'Neighborhoods of color'
                WHEN people > 0 THEN 'Mixed neighborhoods' END AS tract_type
    FROM households_of_tracts
    LEFT JOIN composition USING (tract_geoid)
    LEFT JOIN units USING (tract_geoid)
    WHERE people IS NULL OR people > 0
),
-- Tracts in their county, or the part of them in a place; Connecticut's tracts of 2022 are not found under the counties
-- of the crosswalk where the method's rule says so
located AS (
    SELECT tracts.*, tract_geoid[:5] AS geoid, 1::DOUBLE AS afact
    FROM tracts
    WHERE getvariable('geography') = 'county'
    UNION ALL
    SELECT tracts.*, geoid, afact
    FROM tracts
    JOIN tract_to_place AS parts
        ON tracts.tract_geoid = CASE WHEN getvariable('geography') = 'place' AND getvariable('rule_connecticut_cities') THEN geocorr_tract_geoid ELSE parts.tract_geoid END
),
-- Each tract in the group of all and of its type
labelled AS (
    SELECT *, 'All' AS subgroup FROM located
    UNION ALL
    SELECT *, tract_type FROM located WHERE tract_type IS NOT NULL
),
-- Step 6: means weighted by households; housing units of the group and, for places, how well its tracts fit
areas AS (
    SELECT geoid, subgroup,
           sum(households * afact * transit_commuter ORDER BY tract_geoid) AS transit_commuters,
           sum(households * afact ORDER BY tract_geoid) FILTER (WHERE transit_commuter IS NOT NULL) AS transit_households,
           sum(households * afact * transportation_cost ORDER BY tract_geoid) AS transportation_costs,
           sum(households * afact ORDER BY tract_geoid) FILTER (WHERE transportation_cost IS NOT NULL) AS cost_households,
           CASE WHEN count(units_error) = count(*)
                THEN sqrt(sum(CASE WHEN getvariable('geography') = 'place' AND getvariable('rule_unscaled_error_of_places') THEN units_error ELSE afact * units_error END ** 2
                              ORDER BY tract_geoid)) / nullif(sum(afact * units ORDER BY tract_geoid), 0) END AS units_variation,
           CASE WHEN getvariable('rule_unweighted_match') THEN avg((afact > 0.5)::INTEGER)
                ELSE sum(households * (afact > 0.5)::INTEGER ORDER BY tract_geoid) / sum(households ORDER BY tract_geoid) END AS match,
           count(transit_commuter) AS transit_tracts, count(transportation_cost) AS cost_tracts
    FROM labelled
    GROUP BY geoid, subgroup
),
-- Variation of the median household income of the area, 0.5 where it has no estimate or margin; that of a region is known where
-- the region is one county or place
incomes AS (
    SELECT coalesce(region_part.geoid, median_income.geoid) AS geoid, median_income.geoid[:2] AS state,
           coalesce(margin / 1.6448536269514722 / nullif(estimate, 0), 0.5) AS income_variation
    FROM median_income
    LEFT JOIN region_part ON is_alone AND part_type = area AND part_geoid = median_income.geoid
    WHERE area = coalesce(part_type, getvariable('geography')) AND line = 1
),
-- States of each area: its own, and those of its tracts
area_states AS (
    SELECT geoid, state FROM universe WHERE year = getvariable('year')
    UNION
    SELECT geoid, parts.tract_geoid[:2] FROM tract_to_place AS parts
),
-- Step 7: every area of the year and every group, with what is at hand of its state
grid AS (
    SELECT geoid, subgroup,
           geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT tract_geoid[:2] FROM households_of_tracts)) AS at_hand,
           subgroup = 'All' OR geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT tract_geoid[:2] FROM composition))
               AS type_at_hand,
           geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT tract_geoid[:2] FROM units)) AS units_at_hand,
           CASE WHEN getvariable('geography') IN ('county', 'place') THEN state IN (SELECT state FROM incomes)
                ELSE geoid IN (SELECT geoid FROM incomes) END AS incomes_at_hand,
           getvariable('geography') NOT IN ('county', 'place') AND geoid NOT IN (SELECT geoid FROM region_part WHERE is_alone) AS is_composed
    FROM universe,
         (VALUES ('All'), ('Neighborhoods of color'), ('White neighborhoods'), ('Mixed neighborhoods')) AS labels(subgroup)
    WHERE year = getvariable('year')
),
-- Section 8: the worst of the flags
flagged AS (
    SELECT grid.*, areas.* EXCLUDE (geoid, subgroup),
           CASE WHEN units_at_hand AND incomes_at_hand
                THEN greatest(CASE WHEN units_variation < 0.08 THEN 1 WHEN units_variation < 0.15 THEN 2 ELSE 3 END,
                              CASE WHEN coalesce(income_variation, 0.5) < 0.1 THEN 1 WHEN coalesce(income_variation, 0.5) < 0.3 THEN 2 ELSE 3 END,
                              CASE WHEN getvariable('geography') = 'place' AND match < 0.5 THEN 2 ELSE 1 END) END AS flag,
           CASE WHEN NOT at_hand THEN 'no input for state'
                WHEN NOT type_at_hand THEN 'no input: table B03002'
                WHEN match IS NULL AND subgroup = 'All' THEN 'no tract of the input lies in this area'
                WHEN match IS NULL THEN 'no tract of this type lies in this area' END AS reason,
           nullif(concat_ws(', ', CASE WHEN NOT units_at_hand THEN 'B25001' END, CASE WHEN NOT incomes_at_hand AND NOT is_composed THEN 'B19013' END), '') AS tables
    FROM grid
    LEFT JOIN areas USING (geoid, subgroup)
    LEFT JOIN incomes USING (geoid)
),
-- Both measures, with one flag
measured AS (
    SELECT 'share_transit_commuter' AS measure, transit_commuters AS numerator, transit_households AS denominator,
           transit_tracts AS sample_size, flagged.*
    FROM flagged
    UNION ALL
    SELECT 'share_transportation_cost', transportation_costs, cost_households, cost_tracts, flagged.* FROM flagged
)
SELECT measure, geoid, CASE subgroup WHEN 'All' THEN 'all' ELSE 'race-ethnicity' END AS subgroup_type, subgroup,
       numerator / denominator AS value,
       CASE WHEN value IS NOT NULL THEN flag END AS quality,
       numerator, denominator, sample_size,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN value IS NULL THEN 'no tract of the area has this figure'
            WHEN tables IS NOT NULL THEN 'no quality: no input of table ' || tables
            WHEN is_composed THEN 'no quality: the median income of several areas is not known' END AS note
FROM measured
