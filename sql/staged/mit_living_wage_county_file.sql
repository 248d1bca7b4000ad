-- The county file of 2023 holds one household type only.
SELECT state_fips AS state, county_fips_short AS county, '1 Adult' AS adults, '2 Children' AS children,
       hourly_living_wage::DOUBLE AS hourly_wage
FROM raw
ORDER BY state, county
