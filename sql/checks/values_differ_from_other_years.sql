-- No measure and subgroup has, in more than half of the areas, exactly the value of the year before or after as built
SELECT measure, subgroup_type, subgroup, other_years.year AS other_year, count(*) AS both,
       count(*) FILTER (WHERE metric_table.value = other_years.value) AS equal
FROM metric_table
JOIN other_years USING (measure, geoid, subgroup_type, subgroup)
WHERE metric_table.value IS NOT NULL AND other_years.value IS NOT NULL
GROUP BY ALL
HAVING 2 * count(*) FILTER (WHERE metric_table.value = other_years.value) > count(*) AND count(*) >= least_values()
ORDER BY ALL
