-- Census tracts with residents, center of population and PUMA. Tracts of the island areas have no center and are left out.
SELECT vintage, tract_geoid, population, latitude, longitude, statefip, puma
FROM tract_population
JOIN tract_puma USING (vintage, tract_geoid)
ORDER BY vintage, tract_geoid
