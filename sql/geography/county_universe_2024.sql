-- County universe of the round of 2024: its population file with the GEOID.
SELECT year, state || county AS geoid, population
FROM county_population
ORDER BY year, geoid
