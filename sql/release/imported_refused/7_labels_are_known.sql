-- A subgroup is one that the catalog declares for the measure or that a published file lists
SELECT min(line) AS line, 'subgroup' AS "column", measure || ': ' || subgroup_type || ', ' || subgroup AS found
FROM imported_rows
ANTI JOIN declared_label USING (measure, subgroup_type, subgroup)
GROUP BY measure, subgroup_type, subgroup
ORDER BY ALL
