-- A quality flag is 1, 2, 3 or NULL (card evaluation-checks, B9)
SELECT measure, geoid, subgroup, quality
FROM metric_table
WHERE quality NOT IN (1, 2, 3)
ORDER BY ALL
