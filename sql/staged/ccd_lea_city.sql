-- CCD directory of the Education Data Portal: city of the LEA's office; the state is that of its county.
SELECT leaid,
       substr(lpad(county_code, 5, '0'), 1, 2) AS state,
       city_location AS city,
       enrollment::BIGINT AS enrollment
FROM raw
WHERE year = getvariable('vintage')
  AND county_code::BIGINT BETWEEN 1001 AND 99999
ORDER BY leaid
