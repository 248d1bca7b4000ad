-- Connecticut: only the county part of a tract's code changed in 2022. Water tracts (99xxxx) and the special land use
-- tracts (98xxxx) of Connecticut have no residents and are not in the published list.
SELECT substr(tract_fips_2020, 1, 2) AS state,
       substr(tract_fips_2020, 3, 3) AS county_2020,
       substr(Tract_fips_2022, 3, 3) AS county,
       substr(tract_fips_2020, 6, 6) AS tract
FROM raw
WHERE substr(tract_fips_2020, 6, 2) NOT IN ('98', '99')
ORDER BY county, tract
