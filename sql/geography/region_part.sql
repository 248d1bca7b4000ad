-- Parts of each region that have a code, with their weight; one that is listed twice counts with the sum of its weights.
WITH
-- Parts, each once
parts AS (
    SELECT region AS geoid, component_type AS part_type, component_geoid AS part_geoid, sum(weight)::DECIMAL(18, 15) AS weight
    FROM component
    GROUP BY ALL
)
SELECT *, count(*) OVER (PARTITION BY geoid) = 1 AND weight = 1 AS is_alone
FROM parts
QUALIFY part_geoid IS NOT NULL
ORDER BY geoid, part_type, part_geoid
