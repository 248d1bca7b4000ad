-- No value is infinite or not a number
SELECT measure, geoid, subgroup, value
FROM metric_table
WHERE isinf(value) OR isnan(value)
ORDER BY ALL
