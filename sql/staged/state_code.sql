-- States and the District of Columbia: FIPS code, postal abbreviation and name.
SELECT "STATE" AS state, "STUSAB" AS postal, "STATE_NAME" AS state_name
FROM raw
ORDER BY state
