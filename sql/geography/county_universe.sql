-- County universe: the population file with the GEOID.
SELECT year, state || county AS geoid, state, county, state_name, county_name, population
FROM county_population
ORDER BY year, geoid
