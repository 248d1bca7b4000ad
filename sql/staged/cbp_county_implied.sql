-- Membership associations by county that the published rate implies, all industries together (NULL).
SELECT state || county AS geoid, NULL::VARCHAR AS naics, orgs_min::BIGINT AS establishments
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER AND orgs_min IS NOT NULL
ORDER BY geoid
