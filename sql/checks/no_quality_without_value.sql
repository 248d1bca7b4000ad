-- Quality is NULL where the value is, but for measures that are published otherwise (card evaluation-checks, section 6)
SELECT measure, geoid, subgroup, quality
FROM metric_table
JOIN measures USING (measure)
WHERE value IS NULL AND quality IS NOT NULL AND NOT quality_without_value
ORDER BY ALL
