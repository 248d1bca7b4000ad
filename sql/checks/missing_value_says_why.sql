-- Where the value is NULL the note says why (design 4.1)
SELECT measure, geoid, subgroup
FROM metric_table
WHERE value IS NULL AND note IS NULL
ORDER BY ALL
