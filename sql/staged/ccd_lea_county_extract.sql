-- CCD directory as the published pipeline stored it: state and county already split.
SELECT leaid, state, county, enrollment::BIGINT AS enrollment
FROM raw
ORDER BY leaid
