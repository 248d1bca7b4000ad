-- Centers of population: a tract without residents has its geographic center.
SELECT STATEFP || COUNTYFP || TRACTCE AS tract_geoid, POPULATION::BIGINT AS population,
       LATITUDE::DOUBLE AS latitude, LONGITUDE::DOUBLE AS longitude
FROM raw
ORDER BY tract_geoid
