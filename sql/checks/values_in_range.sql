-- Values lie within the range that the catalog gives for the measure (card evaluation-checks, A7)
SELECT measure, geoid, subgroup, value, lowest, highest
FROM metric_table
JOIN measures USING (measure)
WHERE value NOT BETWEEN lowest AND highest
ORDER BY ALL
