-- Areas whose values are in no row of any file: their codes are not in the lists of areas of the year.
SELECT label, metric_tables.geography, count(DISTINCT metric_tables.geoid) AS codes
FROM metric_tables
JOIN released_table USING (table_path)
ANTI JOIN areas ON areas.geography = metric_tables.geography AND areas.year = metric_tables.year
    AND areas.geoid = metric_tables.geoid
WHERE value IS NOT NULL
GROUP BY ALL
ORDER BY ALL
