-- Parts of ZCTAs in counties.
SELECT ZCTA5 AS zcta, GEOID AS county_geoid, POPPT::BIGINT AS population, ZPOP::BIGINT AS zcta_population,
       COPOP::BIGINT AS county_population
FROM raw
ORDER BY zcta, county_geoid
