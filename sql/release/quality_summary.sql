-- One quality score per area, from the flags of the newest values of the overall file (card medians-and-quality-summary,
-- section 4): twice the strong flags, plus the marginal, less the weak, less twice those that are missing.
WITH
-- Flag columns of the overall file of the geography
flags AS (
    SELECT measure FROM published_column
    JOIN published_file USING (file)
    WHERE geography = getvariable('geography') AND subgroup_type = 'all' AND role = 'quality'
      AND measure IN (SELECT measure FROM cells JOIN published_file USING (file)
                      WHERE geography = getvariable('geography') AND published_file.subgroup_type = 'all' AND text IS NOT NULL)
),
-- The overall file's flags, and the latest year of each
cells_of_file AS (
    SELECT cells.* FROM cells JOIN published_file USING (file)
    WHERE geography = getvariable('geography') AND published_file.subgroup_type = 'all'
),
-- Latest year of each measure
latest AS (
    SELECT measure, max(year) AS year FROM cells_of_file WHERE text IS NOT NULL AND role <> 'constant' GROUP BY measure
),
-- Areas as the newest year of the lists has them among the latest years
areas_last AS (
    SELECT * FROM areas
    WHERE geography = getvariable('geography') AND year = (SELECT max(year) FROM latest)
),
-- Flags of each area
counted AS (
    SELECT areas_last.geoid, state_name, area_name,
           count(*) FILTER (text = 'Strong') AS quality_good, count(*) FILTER (text = 'Marginal') AS quality_marginal,
           count(*) FILTER (text = 'Weak') AS quality_poor, count(*) FILTER (text IS NULL) AS missing_values,
           count(*) AS total_metrics
    FROM areas_last
    CROSS JOIN flags
    LEFT JOIN (SELECT cells_of_file.geoid, measure, text FROM cells_of_file SEMI JOIN latest USING (measure, year)
               WHERE role = 'quality') AS found
        ON found.geoid = areas_last.geoid AND found.measure = flags.measure
    GROUP BY ALL
)
SELECT * EXCLUDE (area_name), area_name AS name, quality_good / total_metrics AS shr_good, quality_poor / total_metrics AS shr_poor,
       missing_values / total_metrics AS shr_missing, 2 * quality_good AS good_score, quality_marginal AS marginal_score,
       -quality_poor AS poor_score, -2 * missing_values AS missing_score,
       2 * quality_good + quality_marginal - quality_poor - 2 * missing_values AS total_score
FROM counted
ORDER BY geoid
