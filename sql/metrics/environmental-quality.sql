-- Air quality index (card environmental-quality, sections 3, 4 and 8).
WITH
-- Steps 1 to 3: tracts of the American Community Survey of 2015-2019 under its codes; two of EPA's tracts have become one
toxics AS (
    SELECT coalesce(acs_tract, air_toxics.tract) AS tract_geoid, cancer, neurological, respiratory, tract_index
    FROM air_toxics
    LEFT JOIN renumbering ON epa_tract = air_toxics.tract
    WHERE tract_geoid IN (SELECT state || county || tract FROM tract_county)
),
-- Both rows of such a tract, or their mean where the method's rule says so
single_tracts AS (
    SELECT * FROM toxics WHERE getvariable('rule_duplicated_tract')
    UNION ALL
    SELECT tract_geoid, avg(cancer), avg(neurological), avg(respiratory), avg(tract_index)
    FROM toxics
    WHERE NOT getvariable('rule_duplicated_tract')
    GROUP BY tract_geoid
),
-- Steps 4 and 5: the sum of the three standard scores, of the nation's tracts and without weights; more is cleaner
moments AS (
    SELECT avg(cancer ORDER BY cancer, tract_geoid) AS cancer_mean, stddev_samp(cancer ORDER BY cancer, tract_geoid) AS cancer_sd,
           avg(neurological ORDER BY neurological, tract_geoid) AS neurological_mean,
           stddev_samp(neurological ORDER BY neurological, tract_geoid) AS neurological_sd,
           avg(respiratory ORDER BY respiratory, tract_geoid) AS respiratory_mean,
           stddev_samp(respiratory ORDER BY respiratory, tract_geoid) AS respiratory_sd
    FROM single_tracts
),
-- Sum of the standard scores, reversed
scores AS (
    SELECT tract_geoid, tract_index,
           -((respiratory - respiratory_mean) / respiratory_sd + (cancer - cancer_mean) / cancer_sd
             + (neurological - neurological_mean) / neurological_sd) AS score
    FROM single_tracts, moments
),
-- Step 6: percentile rank, rounded; an index that was computed before is taken as it is
ranks AS (
    SELECT tract_geoid, 100 * percent_rank() OVER (ORDER BY score) AS hazard_index FROM scores WHERE score IS NOT NULL
    UNION ALL
    SELECT tract_geoid, tract_index FROM scores WHERE tract_index IS NOT NULL
),
-- Rounded before the mean is taken where the method's rule says so
indices AS (
    SELECT tract_geoid,
           CASE WHEN getvariable('rule_rounded_tracts') THEN round_even(hazard_index, 0) ELSE hazard_index END AS hazard_index
    FROM ranks
),
-- Residents of the year's tracts, by race; under the county codes of 2019 where the method's rule says so
residents AS (
    SELECT coalesce(new_geoid, geoid[:5]) || geoid[6:] AS tract_geoid,
           max(estimate) FILTER (WHERE line = 1) AS people, max(estimate) FILTER (WHERE line = 3) AS white
    FROM race
    LEFT JOIN county_changes
        ON old_geoid = geoid[:5] AND first_year BETWEEN getvariable('year') + 1 AND 2019 AND NOT getvariable('rule_former_counties')
    WHERE area = 'tract'
    GROUP BY ALL
),
-- Share in poverty; table C17002 has the same figures (lines 2 and 3) where a state has no B17001
poor AS (
    SELECT coalesce(new_geoid, geoid[:5]) || geoid[6:] AS tract_geoid,
           coalesce(max(estimate) FILTER (WHERE table_id = 'B17001' AND line = 2),
                    sum(estimate) FILTER (WHERE table_id = 'C17002' AND line IN (2, 3)))
           / nullif(max(estimate) FILTER (WHERE table_id IN ('B17001', 'C17002') AND line = 1), 0) AS poverty
    FROM poverty
    LEFT JOIN county_changes
        ON old_geoid = geoid[:5] AND first_year BETWEEN getvariable('year') + 1 AND 2019 AND NOT getvariable('rule_former_counties')
    WHERE area = 'tract'
    GROUP BY ALL
),
-- Section 4: types of tracts; one without residents or without people of known poverty status has none
typed AS (
    SELECT state || county || tract AS tract_geoid, hazard_index, people,
           CASE WHEN (people - white) / nullif(people, 0) >= 0.6 THEN 'Majority Non-White'
                WHEN (people - white) / nullif(people, 0) <= 0.4 THEN 'Majority White, Non-Hispanic'
                WHEN people > 0 THEN 'No Majority Race/Ethnicity' END AS race_type,
           CASE WHEN poverty >= 0.4 THEN 'High-Poverty' WHEN poverty < 0.4 THEN 'Not High-Poverty' END AS poverty_type
    FROM tract_county
    LEFT JOIN indices ON indices.tract_geoid = state || county || tract
    LEFT JOIN residents ON residents.tract_geoid = state || county || tract
    LEFT JOIN poor ON poor.tract_geoid = state || county || tract
),
-- Tracts in their county, or the part of them in a place
located AS (
    SELECT typed.*, tract_geoid[:5] AS geoid, 1::DOUBLE AS afact FROM typed WHERE getvariable('geography') = 'county'
    UNION ALL
    SELECT typed.*, geoid, afact FROM typed JOIN tract_to_place USING (tract_geoid)
),
-- Each tract in the group of all, of its majority and of its poverty
labelled AS (
    SELECT *, 'all' AS subgroup_type, 'All' AS subgroup FROM located
    UNION ALL
    SELECT *, 'race-ethnicity', race_type FROM located WHERE race_type IS NOT NULL
    UNION ALL
    SELECT *, 'poverty', poverty_type FROM located WHERE poverty_type IS NOT NULL
),
-- Steps 7 to 9: means weighted by residents; a tract with an index and without residents makes the whole group unknown
areas AS (
    SELECT geoid, subgroup_type, subgroup,
           sum(people * afact * hazard_index ORDER BY tract_geoid, hazard_index) AS weighted_index,
           sum(people * afact ORDER BY tract_geoid, hazard_index) FILTER (WHERE hazard_index IS NOT NULL) AS indexed_people,
           sum(people * afact ORDER BY tract_geoid, hazard_index) AS people,
           count(*) FILTER (WHERE people > 0 AND hazard_index IS NOT NULL) AS tracts,
           count(*) FILTER (WHERE people > 0 AND hazard_index IS NULL) AS tracts_without_index,
           count(*) FILTER (WHERE people IS NULL) AS unknown_tracts,
           count(*) FILTER (WHERE people IS NULL AND hazard_index IS NOT NULL) AS unknown_indexed_tracts
    FROM labelled
    GROUP BY ALL
),
-- Groups of the metric
groups(subgroup_type, subgroup) AS (
    VALUES ('all', 'All'), ('race-ethnicity', 'Majority Non-White'), ('race-ethnicity', 'Majority White, Non-Hispanic'),
           ('race-ethnicity', 'No Majority Race/Ethnicity'), ('poverty', 'High-Poverty'), ('poverty', 'Not High-Poverty')
),
-- States of each area: its own, and those of its tracts
area_states AS (
    SELECT geoid, state FROM universe WHERE year = 2020
    UNION
    SELECT geoid, tract_geoid[:2] FROM tract_to_place
),
-- Every area of 2020 in every year, and every group, with what is at hand of its state
grid AS (
    SELECT geoid, groups.*,
           geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT tract_geoid[:2] FROM residents)) AS at_hand,
           groups.subgroup_type <> 'poverty'
           OR geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT tract_geoid[:2] FROM poor)) AS type_at_hand
    FROM universe, groups
    WHERE year = 2020
),
-- Why a group has no value
noted AS (
    SELECT grid.*, areas.* EXCLUDE (geoid, subgroup_type, subgroup),
           is_derived,
           CASE WHEN NOT at_hand THEN 'no input for state'
                WHEN NOT type_at_hand THEN 'no input: table B17001'
                WHEN areas.people IS NULL AND unknown_tracts IS NULL THEN 'no tract of this kind lies in this area'
                WHEN unknown_indexed_tracts > 0 THEN 'tracts have no residents under these codes in this year'
                WHEN coalesce(indexed_people, 0) = 0 THEN 'no tract of the area has an index'
                WHEN is_derived AND tracts_without_index > 0 THEN 'the earlier calculation lacks tracts of this area'
                END AS reason
    FROM grid
    CROSS JOIN (SELECT count(tract_index) > 0 AS is_derived FROM toxics)
    LEFT JOIN areas USING (geoid, subgroup_type, subgroup)
)
SELECT 'index_air_hazard' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN reason IS NULL THEN round_even(weighted_index / indexed_people, 0) END AS value,
       -- Section 8: 2 where tracts without an index have five percent of the residents or more
       CASE WHEN type_at_hand AND unknown_tracts = 0 AND people > 0 AND (reason IS NULL OR (getvariable('rule_flag_without_value') AND NOT is_derived))
            THEN CASE WHEN (people - coalesce(indexed_people, 0)) / people >= 0.05 THEN 2 ELSE 1 END END AS quality,
       CASE WHEN reason IS NULL THEN weighted_index END AS numerator,
       CASE WHEN reason IS NULL THEN indexed_people END AS denominator,
       nullif(tracts, 0) AS sample_size,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN is_derived THEN 'from an index of an earlier calculation: may differ by 1' END AS note
FROM noted
