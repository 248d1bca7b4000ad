-- One row per measure, geoid and subgroup (card evaluation-checks, B8)
SELECT measure, geoid, subgroup_type, subgroup, count(*) AS rows_of_key
FROM metric_table
GROUP BY ALL
HAVING count(*) > 1
ORDER BY ALL
