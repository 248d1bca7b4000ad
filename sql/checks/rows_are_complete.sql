-- Every geography has a row for every measure and subgroup
SELECT geoid, count(*) AS rows_of_geoid, max(count(*)) OVER () AS rows_expected
FROM metric_table
GROUP BY geoid
QUALIFY rows_of_geoid <> rows_expected
ORDER BY ALL
