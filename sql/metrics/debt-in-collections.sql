-- Debt in collections (card debt-in-collections, section 3): shares as the source gives them, by kind of ZIP code.
WITH
-- Rows of the source, with the labels of the published files
reported AS (
    SELECT measure, geoid, share, lower, upper,
           CASE neighborhoods WHEN 'all' THEN 'all' ELSE 'race-ethnicity' END AS subgroup_type,
           CASE neighborhoods WHEN 'all' THEN 'All' WHEN 'of color' THEN 'Neighborhoods of color'
                              WHEN 'white' THEN 'White neighborhoods' END AS subgroup
    FROM shares
    WHERE list_contains(getvariable('published'), measure)
),
-- Areas of the year; a year without a population estimate takes those of universe_year. Areas of the source that the list
-- does not have (Connecticut's old counties, places outside the list) are in the metric file and not in the release
areas AS (
    SELECT geoid FROM universe WHERE year = coalesce(getvariable('universe_year'), getvariable('year'))
    UNION
    SELECT geoid FROM reported
),
-- Every area, measure and kind of neighborhood, also those without a value
grid AS (
    SELECT geoid, measure, subgroup_type, subgroup
    FROM areas, (SELECT DISTINCT measure, subgroup_type, subgroup FROM reported)
),
-- What the source says of each; whether a missing share of the source is flagged
found AS (
    SELECT grid.*, share, lower, upper, reported.geoid IS NOT NULL AS in_source,
           getvariable('rule_flag_without_value')
           AND (getvariable('weak_without_value')[getvariable('geography')] = 'every'
                OR (getvariable('weak_without_value')[getvariable('geography')] = 'subgroups' AND grid.subgroup <> 'All')) AS flagged
    FROM grid
    LEFT JOIN reported ON reported.geoid = grid.geoid AND reported.measure = grid.measure AND reported.subgroup = grid.subgroup
)
-- Quality: 1 with a share, 3 without one where that is flagged
SELECT measure, geoid, subgroup_type, subgroup,
       share AS value,
       CASE WHEN getvariable('bounds') THEN lower END AS lower,
       CASE WHEN getvariable('bounds') THEN upper END AS upper,
       CASE WHEN share IS NOT NULL THEN 1 WHEN in_source AND flagged THEN 3 END AS quality,
       CASE WHEN share IS NOT NULL THEN NULL
            WHEN in_source THEN 'suppressed by the source: fewer than 50 records, or no such neighborhood'
            ELSE 'not in the source' END AS note
FROM found
