-- Place universe: the population file with the GEOID. South Fulton GA (1372122) exists from 2018 on.
SELECT year, state || place AS geoid, state, place, state_name, place_name, population
FROM place_population
ORDER BY year, geoid
