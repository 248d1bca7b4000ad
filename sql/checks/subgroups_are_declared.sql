-- Subgroup labels are those of the catalog (card evaluation-checks, A5 and B4)
SELECT DISTINCT subgroup_type, subgroup
FROM metric_table
ANTI JOIN declared_subgroups USING (subgroup_type, subgroup)
ORDER BY ALL
