-- Share of people in poverty who live in high-poverty tracts (card economic-inclusion, sections 3, 6 and 8).
WITH
-- Label of each table of people in poverty by race; the groups overlap
race_tables(table_id, subgroup) AS (
    VALUES ('B17001B', 'Black'), ('B17001I', 'Hispanic'), ('B17001H', 'White, Non-Hispanic'),
           ('B17001C', 'Other Races and Ethnicities'), ('B17001D', 'Other Races and Ethnicities'),
           ('B17001E', 'Other Races and Ethnicities'), ('B17001F', 'Other Races and Ethnicities'),
           ('B17001G', 'Other Races and Ethnicities')
),
-- Tracts alone
tract_lines AS (
    SELECT * FROM poverty WHERE area = 'tract'
),
-- All people: table B17001, or where a state has none C17002, whose ratios below 0.5 and from 0.5 to 1 are together those
-- in poverty, without a margin of error of their sum
totals AS (
    SELECT geoid AS tract_geoid, table_id,
           max(estimate) FILTER (WHERE line = 1) AS people,
           max(estimate) FILTER (WHERE line = 2)
           + CASE table_id WHEN 'C17002' THEN max(estimate) FILTER (WHERE line = 3) ELSE 0 END AS poor,
           CASE table_id WHEN 'B17001' THEN max(margin) FILTER (WHERE line = 2) END AS margin
    FROM tract_lines
    WHERE table_id = 'B17001'
       OR (table_id = 'C17002' AND geoid[:2] NOT IN (SELECT geoid[:2] FROM tract_lines WHERE table_id = 'B17001'))
    GROUP BY geoid, table_id
),
-- Steps 1 and 3: tracts with people; those with more than 40 percent in poverty are high-poverty tracts for every group
tracts AS (
    SELECT tract_geoid, people, poor / people > getvariable('high_poverty') AS is_high_poverty
    FROM totals
    WHERE people > 0
),
-- Step 2: people in poverty of each group. The margin of several tables together counts those with people, and of the
-- others the largest once.
tract_groups AS (
    SELECT tract_geoid, 'All' AS subgroup, poor, margin * margin AS squared_margin FROM totals
    UNION ALL
    SELECT geoid, subgroup, sum(estimate),
           CASE WHEN count(margin) = count(*)
                THEN coalesce(sum(margin * margin) FILTER (WHERE estimate <> 0), 0)
                     + coalesce(max(margin * margin) FILTER (WHERE estimate = 0), 0) END
    FROM tract_lines
    JOIN race_tables USING (table_id)
    WHERE line = 2
    GROUP BY ALL
),
-- Tracts in their county, or the part of them in a place
located AS (
    SELECT tract_geoid, tract_geoid[:5] AS geoid, 1::DOUBLE AS afact, is_high_poverty
    FROM tracts
    WHERE getvariable('geography') = 'county'
    UNION ALL
    SELECT tract_geoid, geoid, afact, is_high_poverty FROM tracts JOIN tract_to_place USING (tract_geoid)
),
-- Steps 4 and 5: people in poverty, and those of them in high-poverty tracts
areas AS (
    SELECT geoid, subgroup,
           sum(afact * poor ORDER BY tract_geoid) AS poor,
           coalesce(sum(afact * poor ORDER BY tract_geoid) FILTER (WHERE is_high_poverty), 0) AS exposed,
           CASE WHEN count(squared_margin) = count(*)
                THEN sqrt(sum(afact ** CASE getvariable('geography') WHEN 'place' THEN getvariable('rule_allocated_margin') ELSE 2 END * squared_margin ORDER BY tract_geoid))
                     / CASE WHEN getvariable('geography') = 'place' AND getvariable('rule_margin_of_places') THEN 1 ELSE 1.645 END
                END AS standard_error,
           count(*) AS tracts
    FROM located
    JOIN tract_groups USING (tract_geoid)
    GROUP BY geoid, subgroup
),
-- Tables that each group needs; B17001 (or C17002) for every one
needed AS (
    FROM race_tables
    UNION ALL
    SELECT DISTINCT 'B17001', subgroup FROM race_tables
    UNION ALL
    SELECT 'B17001', 'All'
),
-- Tables that each state has
at_hand AS (
    SELECT DISTINCT geoid[:2] AS state, replace(table_id, 'C17002', 'B17001') AS table_id FROM tract_lines
),
-- Tables that a state lacks for a group
lacking AS (
    SELECT state, subgroup, string_agg(table_id, ', ' ORDER BY table_id) AS tables
    FROM needed
    CROSS JOIN (SELECT DISTINCT state FROM at_hand)
    ANTI JOIN at_hand USING (state, table_id)
    GROUP BY ALL
),
-- States of each area: its own, and those of its tracts
area_states AS (
    SELECT geoid, state FROM universe WHERE year = getvariable('year')
    UNION
    SELECT geoid, tract_geoid[:2] FROM tract_to_place
),
-- Every area of the year and every group
grid AS (
    SELECT geoid, subgroup,
           geoid NOT IN (SELECT geoid FROM area_states WHERE state NOT IN (SELECT state FROM at_hand)) AS is_at_hand
    FROM universe, (SELECT 'All' AS subgroup UNION SELECT subgroup FROM race_tables)
    WHERE year = getvariable('year')
),
-- Tables that an area lacks for a group
area_lacking AS (
    SELECT geoid, subgroup, any_value(tables ORDER BY state) AS tables FROM area_states JOIN lacking USING (state) GROUP BY ALL
),
-- Step 6: groups of 30 people in poverty or fewer are suppressed
noted AS (
    SELECT grid.*, areas.* EXCLUDE (geoid, subgroup),
           CASE WHEN NOT is_at_hand THEN 'no input for state'
                WHEN tables IS NOT NULL THEN 'no input: table ' || tables
                WHEN poor IS NULL THEN 'no tract of the input lies in this area'
                WHEN poor <= 30 THEN 'suppressed: 30 or fewer people of the group in poverty' END AS reason
    FROM grid
    LEFT JOIN areas USING (geoid, subgroup)
    LEFT JOIN area_lacking USING (geoid, subgroup)
)
SELECT 'share_poverty_exposure' AS measure, geoid,
       CASE subgroup WHEN 'All' THEN 'all' ELSE 'race-ethnicity' END AS subgroup_type, subgroup,
       CASE WHEN reason IS NULL THEN exposed / poor END AS value,
       CASE WHEN reason IS NULL THEN variation_quality(standard_error / poor) END AS quality,
       CASE WHEN reason IS NULL THEN exposed END AS numerator,
       CASE WHEN reason IS NULL THEN poor END AS denominator,
       tracts AS sample_size,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN standard_error IS NULL THEN 'no quality: no margin of error in the input' END AS note
FROM noted
