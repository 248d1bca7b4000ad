-- A missing value has no bounds (card evaluation-checks, A2)
SELECT measure, geoid, subgroup, lower, upper
FROM metric_table
WHERE value IS NULL AND (lower IS NOT NULL OR upper IS NOT NULL)
ORDER BY ALL
