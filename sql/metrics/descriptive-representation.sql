-- Shares of residents by race and ethnicity (card descriptive-representation, section 3).
WITH
-- Lines of table B03002 in the four groups, and all residents (line 1)
lines AS (
    SELECT area, geoid, estimate, margin,
           CASE line WHEN 1 THEN 'people' WHEN 3 THEN 'white_nonhispanic' WHEN 4 THEN 'black_nonhispanic' WHEN 12 THEN 'hispanic'
                     ELSE 'other' END AS race_group
    FROM race
),
-- Step 1: estimates of counties or places
estimates AS (
    SELECT geoid, race_group, sum(estimate) AS residents,
           CASE WHEN count(margin) = count(*)
                THEN coalesce(sum(margin * margin) FILTER (WHERE estimate <> 0), 0)
                     + coalesce(max(margin * margin) FILTER (WHERE estimate = 0), 0) END AS squared_margin
    FROM lines
    WHERE area = getvariable('geography')
    GROUP BY ALL
),
-- The same of tracts, whose sums stand in where a county has no estimate of its own
tract_estimates AS (
    SELECT geoid, race_group, sum(estimate) AS residents,
           CASE WHEN count(margin) = count(*)
                THEN coalesce(sum(margin * margin) FILTER (WHERE estimate <> 0), 0)
                     + coalesce(max(margin * margin) FILTER (WHERE estimate = 0), 0) END AS squared_margin
    FROM lines
    WHERE area = 'tract' AND getvariable('geography') = 'county'
    GROUP BY ALL
),
-- Sums of the tracts of a county
tract_sums AS (
    SELECT geoid[:5] AS geoid, race_group, sum(residents)::BIGINT AS residents,
           CASE WHEN count(squared_margin) = count(*) THEN sum(squared_margin) END AS squared_margin
    FROM tract_estimates
    GROUP BY ALL
),
-- Estimates of the area, or else sums of its tracts
areas AS (
    SELECT *, NULL AS note FROM estimates
    UNION ALL
    SELECT *, 'sum of tracts' FROM tract_sums WHERE geoid NOT IN (SELECT geoid FROM estimates)
),
-- Step 3: every area of the year and every group, with whether the state's table is at hand
grid AS (
    SELECT geoid, race_group, state IN (SELECT geoid[:2] FROM areas) AS at_hand
    FROM universe, (VALUES ('other'), ('black_nonhispanic'), ('hispanic'), ('white_nonhispanic')) AS race_groups(race_group)
    WHERE year = getvariable('year')
),
-- Step 4: divided by all residents
shares AS (
    SELECT grid.geoid, grid.race_group, at_hand, areas.note, areas.residents, areas.squared_margin, everyone.residents AS people
    FROM grid
    LEFT JOIN areas USING (geoid, race_group)
    LEFT JOIN areas AS everyone ON everyone.geoid = grid.geoid AND everyone.race_group = 'people'
)
SELECT 'share_desc_rep_' || race_group AS measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       residents / nullif(people, 0) AS value,
       -- Step 5: the flag is 1, or that of the count's coefficient of variation where the method's rule says so
       CASE WHEN value IS NULL THEN NULL
            WHEN getvariable('rule_constant_quality') THEN 1
            ELSE variation_quality(sqrt(squared_margin) / 1.645 / nullif(residents, 0)) END AS quality,
       residents AS numerator, people AS denominator,
       CASE WHEN NOT at_hand THEN 'no input for state'
            WHEN people IS NULL THEN 'the tables of the state do not have this area'
            WHEN people = 0 THEN 'nobody lives in this area'
            WHEN squared_margin IS NULL AND NOT getvariable('rule_constant_quality')
            THEN concat_ws('; ', note, 'no quality: no margin of error in the input')
            ELSE note END AS note
FROM shares
