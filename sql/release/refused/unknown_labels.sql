-- Every measure has subgroups that the catalog declares for it or that a published file lists
SELECT label AS "table", measure, subgroup_type, subgroup, count(*) AS rows_of_label
FROM metric_tables JOIN released_table USING (table_path)
ANTI JOIN declared_label USING (measure, subgroup_type, subgroup)
GROUP BY ALL
ORDER BY ALL
