-- Tracts of one ACS 5-year vintage by county.
SELECT state, county, tract
FROM raw
ORDER BY state, county, tract
