-- Connecticut: only the county part of a tract's code changed in 2022. The published list comes from Geocorr, which leaves
-- out tracts without residents: the water tracts (99xxxx) and the three tracts of Bradley airport (9800.01 to 9800.03).
SELECT substr(tract_fips_2020, 1, 2) AS state,
       substr(tract_fips_2020, 3, 3) AS county_2020,
       substr(Tract_fips_2022, 3, 3) AS county,
       substr(tract_fips_2020, 6, 6) AS tract
FROM raw
WHERE substr(tract_fips_2020, 6, 2) <> '99'
  AND substr(tract_fips_2020, 6, 6) NOT IN ('980001', '980002', '980003')
ORDER BY county, tract
