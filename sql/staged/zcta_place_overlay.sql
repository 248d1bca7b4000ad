-- Part of each ZCTA's area that lies in a place.
SELECT ZCTA5CE10 AS zcta, STATEFP || PLACEFP AS place_geoid, ZCTAinPlace::DOUBLE AS share_of_zcta
FROM raw
ORDER BY zcta, place_geoid
