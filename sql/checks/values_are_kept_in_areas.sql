-- No area loses all values of a measure and subgroup type against the last good table that the same method made
WITH
areas AS (
    SELECT measure, subgroup_type, geoid, count(last_of_method.value) AS values_before, count(metric_table.value) AS values_now
    FROM last_of_method
    LEFT JOIN metric_table USING (measure, geoid, subgroup_type, subgroup)
    GROUP BY ALL
)
SELECT measure, subgroup_type, geoid, values_before
FROM areas
WHERE values_before > 0 AND values_now = 0
ORDER BY ALL
