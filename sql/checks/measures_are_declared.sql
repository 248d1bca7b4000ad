-- Measures are those of the catalog
SELECT DISTINCT measure
FROM metric_table
ANTI JOIN measures USING (measure)
ORDER BY ALL
