-- Place universe: the population file with the GEOID. South Fulton GA (1372122) exists from 2018 on. Years of metrics after the newest
-- population take its places, as the publisher does until the next file is out.
WITH
-- The population file
population AS (
    FROM place_population
),
-- Areas of its newest year
newest AS (
    FROM population WHERE year = (SELECT max(year) FROM population)
),
-- The same areas for years of metrics after it
carried_forward AS (
    SELECT newest.* REPLACE (years.year::SMALLINT AS year), newest.year AS population_year
    FROM newest, range((SELECT max(year) FROM population) + 1, getvariable('newest_metric_year') + 1) AS years(year)
)
SELECT year, state || place AS geoid, state, place, state_name, place_name, population, population_year
FROM (SELECT *, year AS population_year FROM population UNION ALL BY NAME FROM carried_forward)
ORDER BY year, geoid
