-- In states with values in the year before and after as built, no measure and subgroup has less than half as many
WITH
counts AS (
    SELECT measure, subgroup_type, subgroup, other_years.year AS other_year, substr(geoid, 1, 2) AS state,
           count(other_years.value) AS values_then, count(metric_table.value) AS values_now
    FROM other_years
    LEFT JOIN metric_table USING (measure, geoid, subgroup_type, subgroup)
    GROUP BY ALL
)
SELECT measure, subgroup_type, subgroup, other_year,
       sum(values_then)::BIGINT AS values_then, sum(values_now)::BIGINT AS values_now
FROM counts
WHERE values_then > 0 AND values_now > 0
GROUP BY ALL
HAVING 2 * sum(values_now) < sum(values_then) AND sum(values_then) >= least_values()
ORDER BY ALL
