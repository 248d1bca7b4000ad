-- Income limits by place: mean over the place's counties, weighted by the people who live in both; a county without a
-- limit is left out (card housing-affordability, section 3C, step 11).
WITH
-- Counties of each place in the year's geography, with the people of the place in the county
parts AS (
    SELECT state || place AS geoid, countyfip, population
    FROM county_to_place
    WHERE getvariable('year') BETWEEN first_year AND last_year AND place <> '99999' AND population > 0
)
SELECT parts.geoid,
       level,
       sum(population * income_limit ORDER BY countyfip) / sum(population) AS income_limit,
       sum(population)::BIGINT AS population_with_limit
FROM parts
JOIN income_limit_county ON income_limit_county.geoid = countyfip
GROUP BY ALL
ORDER BY ALL
