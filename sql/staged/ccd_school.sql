-- CCD school directory: the county is one number, negative where it is not applicable.
SELECT ncessch,
       CASE WHEN county_code::BIGINT BETWEEN 1001 AND 99999 THEN lpad(county_code, 5, '0') END AS county_geoid,
       city_location AS city,
       enrollment::BIGINT AS enrollment
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER
ORDER BY ncessch
