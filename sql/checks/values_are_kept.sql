-- No state loses all of its values, or the many of its groups, and no measure and subgroup more than half, against the last
-- good table
WITH
counts AS (
    SELECT measure, subgroup_type, subgroup, substr(geoid, 1, 2) AS state,
           count(last_good.value) AS values_before, count(metric_table.value) AS values_now
    FROM last_good
    LEFT JOIN metric_table USING (measure, geoid, subgroup_type, subgroup)
    GROUP BY ALL
),
of_states AS (
    SELECT measure, NULL AS subgroup_type, NULL AS subgroup, state,
           sum(values_before)::BIGINT AS values_before, sum(values_now)::BIGINT AS values_now
    FROM counts
    GROUP BY ALL
    HAVING sum(values_now) = 0 AND sum(values_before) > 0
),
of_groups AS (
    SELECT measure, NULL AS subgroup_type, 'all but All' AS subgroup, state,
           sum(values_before)::BIGINT AS values_before, sum(values_now)::BIGINT AS values_now
    FROM counts
    WHERE subgroup <> 'All'
    GROUP BY ALL
    HAVING sum(values_now) = 0 AND sum(values_before) >= least_values()
),
of_subgroups AS (
    SELECT measure, subgroup_type, subgroup, NULL AS state,
           sum(values_before)::BIGINT AS values_before, sum(values_now)::BIGINT AS values_now
    FROM counts
    GROUP BY ALL
    HAVING 2 * sum(values_now) < sum(values_before) AND sum(values_before) >= least_values()
)
FROM of_states UNION ALL FROM of_groups UNION ALL FROM of_subgroups
ORDER BY ALL
