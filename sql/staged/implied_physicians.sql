-- Primary care physicians by county that the published ratio of the year implies; areas without a ratio are left out.
SELECT year::SMALLINT AS year, state || county AS geoid, pc_physicians_implied::BIGINT AS physicians, population::BIGINT AS population
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER AND pc_physicians_implied IS NOT NULL
ORDER BY year, geoid
