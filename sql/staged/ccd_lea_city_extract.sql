-- CCD directory as the published pipeline stored it for places.
SELECT leaid, state, city_location AS city, enrollment::BIGINT AS enrollment
FROM raw
ORDER BY leaid
