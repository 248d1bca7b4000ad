-- PUMA to county as Geocorr has it, from the residents of the tracts of the census.
WITH
-- Tracts with residents, in the counties of Geocorr: the file of 2018 has those of 2014, in which Bedford city (515) belongs to
-- Bedford County (019), and leaves Puerto Rico out
residents AS (
    SELECT STATEFP AS statefip, PUMA5CE AS puma,
           CASE WHEN getvariable('vintage') = '2018' AND STATEFP = '51' AND COUNTYFP = '515' THEN '019' ELSE COUNTYFP END AS county,
           POPULATION::BIGINT AS residents
    FROM tracts
    JOIN pumas USING (STATEFP, COUNTYFP, TRACTCE)
    WHERE POPULATION::BIGINT > 0 AND NOT (getvariable('vintage') = '2018' AND STATEFP = '72')
),
-- Residents of each PUMA in each county
parts AS (
    SELECT statefip, puma, county, sum(residents)::BIGINT AS population FROM residents GROUP BY ALL
)
SELECT statefip, puma, county, population,
       geocorr_factor(population, sum(population) OVER (PARTITION BY statefip, puma)) AS afact,
       geocorr_factor(population, sum(population) OVER (PARTITION BY statefip, county)) AS afact2
FROM parts
ORDER BY statefip, puma, county
