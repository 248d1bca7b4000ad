-- Geocorr 2022: 2020 ZCTA to 2020 place by population, with place 99999 (outside any place).
SELECT zcta, state || place AS place_geoid, afact::DOUBLE AS zcta_to_place, afact2::DOUBLE AS place_to_zcta
FROM raw
ORDER BY zcta, place_geoid
