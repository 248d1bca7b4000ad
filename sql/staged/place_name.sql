-- Incorporated and census designated places.
SELECT GEOID AS geoid, NAME AS name
FROM raw
ORDER BY geoid
