-- One row per measure, GEOID and subgroup of a table
SELECT any_value(label) AS "table", measure, geoid, subgroup_type, subgroup, count(*) AS rows_of_key
FROM metric_tables JOIN released_table USING (table_path)
GROUP BY metric_tables.metric, metric_tables.year, metric_tables.geography, measure, geoid, subgroup_type, subgroup
HAVING count(*) > 1
ORDER BY ALL
