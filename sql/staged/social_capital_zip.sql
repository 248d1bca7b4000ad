-- Economic connectedness by 2010 ZCTA, as published (share over 0.5).
SELECT zip AS zcta, county AS county_geoid, num_below_p50::DOUBLE AS low_status_people, ec_zip::DOUBLE AS connectedness
FROM raw
ORDER BY zcta
