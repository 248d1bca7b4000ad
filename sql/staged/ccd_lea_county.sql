-- CCD directory of the Education Data Portal: county of the LEA's office as one number, state and county.
SELECT leaid,
       substr(lpad(county_code, 5, '0'), 1, 2) AS state,
       substr(lpad(county_code, 5, '0'), 3, 3) AS county,
       enrollment::BIGINT AS enrollment
FROM raw
WHERE year = getvariable('vintage')
  AND county_code::BIGINT BETWEEN 1001 AND 99999
ORDER BY leaid
