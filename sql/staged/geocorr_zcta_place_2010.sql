-- Geocorr: 2010 ZCTA to 2010 place by population, with place 99999 (outside any place).
SELECT zcta5 AS zcta, state || placefp AS place_geoid, afact::DOUBLE AS zcta_to_place, AFACT2::DOUBLE AS place_to_zcta
FROM raw
ORDER BY zcta, place_geoid
