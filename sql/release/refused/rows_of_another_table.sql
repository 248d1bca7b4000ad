-- Metric, year and geography of every row are those of its table
SELECT label AS "table", metric_tables.metric, metric_tables.year, metric_tables.geography, count(*) AS row_count
FROM metric_tables JOIN released_table USING (table_path)
WHERE (metric_tables.metric, metric_tables.year, metric_tables.geography)
      IS DISTINCT FROM (released_table.metric, released_table.year, released_table.geography)
GROUP BY ALL
ORDER BY ALL
