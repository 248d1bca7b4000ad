-- Connecticut's towns: county and county subdivision of 2020 (state 09), and the planning region they belong to, the
-- county equivalent from 2022 on.
SELECT substr(town_fips_2020, 3, 3) AS old_county,
       substr(town_fips_2020, 6, 5) AS town,
       substr(ce_fips_2022, 3, 3) AS planning_region,
       town_name
FROM raw
ORDER BY old_county, town
