-- Births of the year of the vintage that the published shares imply.
SELECT county_code AS geoid, 'all' AS subgroup_type, 'All' AS subgroup, weight, births::BIGINT AS births, NULL::VARCHAR AS reason
FROM raw, LATERAL (VALUES ('all', births_all), ('low', births_lbw)) AS kinds(weight, births)
WHERE year::INTEGER = getvariable('vintage')::INTEGER
ORDER BY geoid, weight
