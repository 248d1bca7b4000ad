-- Connecticut's tracts: only the county part of a code changed in 2022, and that of the towns.
SELECT tract_fips_2020 AS tract_2020, Tract_fips_2022 AS tract_2022, town_fips_2020 AS town_2020,
       town_fips_2022 AS town_2022, town_name
FROM raw
ORDER BY tract_2020
