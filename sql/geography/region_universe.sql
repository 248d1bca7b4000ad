-- Regions of a file in every year of a metric, with the first of their states.
WITH
-- Names
regions AS (
    SELECT region AS geoid, max(name) AS name FROM component GROUP BY region
),
-- First state
states AS (
    SELECT geoid, min(statefip) AS state FROM allocation_region GROUP BY geoid
)
SELECT years.year::SMALLINT AS year, regions.geoid, state, name
FROM regions
LEFT JOIN states USING (geoid)
CROSS JOIN range(getvariable('first_metric_year'), getvariable('newest_metric_year') + 1) AS years(year)
ORDER BY year, geoid
