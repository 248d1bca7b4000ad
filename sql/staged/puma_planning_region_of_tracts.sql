-- PUMA to Connecticut planning region as Geocorr has it, from the residents of the tracts of the census.
WITH
-- Residents of each PUMA in each planning region; tracts keep their number
parts AS (
    SELECT STATEFP AS statefip, PUMA5CE AS puma, Tract_fips_2022[3:5] AS county, sum(POPULATION::BIGINT)::BIGINT AS population
    FROM tracts
    JOIN pumas USING (STATEFP, COUNTYFP, TRACTCE)
    JOIN planning_regions ON tract_fips_2020 = STATEFP || COUNTYFP || TRACTCE
    WHERE POPULATION::BIGINT > 0
    GROUP BY ALL
)
SELECT statefip, puma, county, population,
       geocorr_factor(population, sum(population) OVER (PARTITION BY statefip, puma)) AS afact,
       geocorr_factor(population, sum(population) OVER (PARTITION BY statefip, county)) AS afact2
FROM parts
ORDER BY statefip, puma, county
