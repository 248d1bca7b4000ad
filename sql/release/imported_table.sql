-- The imported rows of one metric, year and geography, as a metric's own SQL would give them.
SELECT measure, geoid, subgroup_type, subgroup, value, lower, upper, quality, NULL::DOUBLE AS standard_error, numerator,
       denominator, NULL::BIGINT AS sample_size,
       CASE WHEN value IS NULL THEN 'no value in ' || file END AS note
FROM kept_rows
WHERE metric = getvariable('metric') AND year = getvariable('year') AND geography = getvariable('geography')
