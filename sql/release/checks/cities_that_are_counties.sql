-- Cities with the boundary of a county equivalent have its values, to three decimals (card evaluation-checks, D)
WITH
-- Overall values of the cities and of their county equivalents
overall AS (
    SELECT measure, year, geography, geoid, value
    FROM metric_tables
    WHERE subgroup_type = 'all' AND value IS NOT NULL
)
SELECT city.measure, city.year, city.geoid AS place, county.geoid AS county, city.value AS of_place,
       county.value AS of_county
FROM coextensive
JOIN overall AS city ON city.geography = 'place' AND city.geoid = coextensive.place
JOIN overall AS county ON county.geography = 'county' AND county.geoid = coextensive.county
    AND county.measure = city.measure AND county.year = city.year
WHERE abs(round(city.value - county.value, 3)) > 0
ORDER BY ALL
