-- Counties and places of each region with their weight; a part that is listed twice counts with the sum of its weights.
SELECT region AS geoid, component_type AS part_type, component_geoid AS part_geoid, sum(weight) AS weight,
       count(*) OVER (PARTITION BY region) = 1 AND sum(weight) = 1 AS is_alone
FROM component
GROUP BY ALL
ORDER BY geoid, part_type, part_geoid
