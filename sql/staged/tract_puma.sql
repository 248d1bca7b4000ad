-- Every tract lies in one PUMA.
SELECT STATEFP || COUNTYFP || TRACTCE AS tract_geoid, STATEFP AS statefip, PUMA5CE AS puma
FROM raw
ORDER BY tract_geoid
