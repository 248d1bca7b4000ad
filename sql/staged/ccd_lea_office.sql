-- CCD directory of the Education Data Portal: city of the LEA's office in each fall of the vintage, first and last year.
SELECT year::SMALLINT AS year, leaid, city_location AS city
FROM raw
WHERE year::INTEGER BETWEEN getvariable('vintage')[:4]::INTEGER AND getvariable('vintage')[6:]::INTEGER
ORDER BY year, leaid
