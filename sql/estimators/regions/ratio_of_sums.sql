-- Regions of counties or of places: numerators and denominators of the parts, weighted and summed. A region that is one area and
-- nothing else has that area's row; of several it has quality and bounds where the metric's own rule needs the sums alone.
WITH
-- Measures and labels of the metric's table
labels AS (
    SELECT DISTINCT measure, subgroup_type, subgroup FROM areas
),
-- Every part of every region with every measure and label
parts AS (
    SELECT region_part.geoid, part_geoid, weight::DOUBLE AS weight, is_alone, labels.*, areas.geoid IS NOT NULL AS is_listed,
           areas.* EXCLUDE (metric, year, geography, geoid, measure, subgroup_type, subgroup)
    FROM region_part
    CROSS JOIN labels
    LEFT JOIN areas ON areas.geoid = part_geoid AND areas.measure = labels.measure
                   AND areas.subgroup_type = labels.subgroup_type AND areas.subgroup = labels.subgroup
),
-- Measures that are counts, and those that are ratios of sums
kinds AS (
    SELECT *, list_contains(getvariable('combine_counts')::VARCHAR[], measure) AS is_count,
           NOT is_count AND (len(getvariable('combine_measures')) = 0
                             OR list_contains(getvariable('combine_measures')::VARCHAR[], measure)) AS is_ratio
    FROM parts
),
-- Why a part does not add up; one that has nobody to count adds 0
judged AS (
    SELECT * REPLACE (CASE WHEN is_empty THEN 0 ELSE numerator END AS numerator, CASE WHEN is_empty THEN 0 ELSE denominator END AS denominator),
           CASE WHEN is_empty AND NOT is_count THEN NULL
                WHEN NOT is_listed THEN 'not in the list of the year'
                WHEN value IS NULL THEN coalesce(note, 'no value')
                WHEN list_contains(getvariable('combine_not_summed')::VARCHAR[], note) THEN note
                WHEN is_ratio AND (numerator IS NULL OR denominator IS NULL) THEN 'no numerator and denominator' END AS lacking
    FROM (SELECT *, coalesce(value IS NULL AND list_contains(getvariable('combine_empty')::VARCHAR[], note), false) AS is_empty FROM kinds)
),
-- Sums of the parts
sums AS (
    SELECT geoid, measure, subgroup_type, subgroup, any_value(is_count) AS is_count, any_value(is_ratio) AS is_ratio,
           sum(weight * numerator ORDER BY part_geoid) AS numerator, sum(weight * denominator ORDER BY part_geoid) AS denominator,
           sum(weight * value ORDER BY part_geoid) AS count_value, sum(weight * lower ORDER BY part_geoid) AS count_lower,
           sum(weight * upper ORDER BY part_geoid) AS count_upper,
           string_agg(part_geoid || ' (' || lacking || ')', ', ' ORDER BY part_geoid) AS lacking
    FROM judged
    WHERE NOT is_alone
    GROUP BY ALL
),
-- Ratio of the sums, as the metric scales, rounds and limits it
ratios AS (
    SELECT *,
           CASE WHEN is_ratio AND lacking IS NULL AND denominator > 0
                THEN least(CASE WHEN getvariable('combine_digits') IS NULL THEN numerator / denominator * getvariable('combine_per')
                                ELSE round_half_even(numerator / denominator * getvariable('combine_per'), getvariable('combine_digits')) END,
                           coalesce(getvariable('combine_at_most'), 'infinity'::DOUBLE)) END AS ratio
    FROM sums
),
-- Bounds of a proportion, and quality by the size of the denominator, where these are the metric's rules
judged_ratios AS (
    SELECT *,
           CASE WHEN getvariable('combine_interval')::VARCHAR = 'proportion' THEN sqrt(ratio * (1 - ratio) / denominator) END AS standard_error,
           CASE WHEN ratio IS NULL OR len(getvariable('combine_quality_by_denominator')) = 0 THEN NULL
                WHEN denominator >= getvariable('combine_quality_by_denominator')[1] THEN 1
                WHEN denominator >= getvariable('combine_quality_by_denominator')[2] THEN 2 ELSE 3 END AS quality
    FROM ratios
)
SELECT measure, geoid, subgroup_type, subgroup,
       CASE WHEN is_count AND lacking IS NULL THEN count_value ELSE ratio END AS value,
       CASE WHEN is_count AND lacking IS NULL THEN count_lower ELSE ratio - 1.96::DOUBLE * standard_error END AS lower,
       CASE WHEN is_count AND lacking IS NULL THEN count_upper ELSE ratio + 1.96::DOUBLE * standard_error END AS upper,
       quality, standard_error,
       CASE WHEN lacking IS NULL AND (is_ratio OR is_count) THEN numerator END AS numerator,
       CASE WHEN ratio IS NOT NULL THEN denominator END AS denominator,
       NULL AS sample_size,
       CASE WHEN NOT is_ratio AND NOT is_count THEN 'not combined: ' || getvariable('combine_because')
            WHEN lacking IS NOT NULL THEN 'a part has no numbers to sum: ' || lacking
            WHEN is_ratio AND ratio IS NULL THEN 'the denominators of all parts are 0'
            WHEN quality IS NULL THEN 'no quality: sum of several areas' END AS note
FROM judged_ratios
UNION ALL
SELECT measure, geoid, subgroup_type, subgroup, value, lower, upper, quality, standard_error,
       CASE WHEN NOT is_empty THEN numerator END, CASE WHEN NOT is_empty THEN denominator END, sample_size,
       CASE WHEN NOT is_listed THEN 'not in the list of the year: ' || part_geoid ELSE note END
FROM judged
WHERE is_alone
