-- States and the District of Columbia: FIPS code, postal abbreviation and name.
SELECT state, postal, state_name
FROM raw
ORDER BY state
