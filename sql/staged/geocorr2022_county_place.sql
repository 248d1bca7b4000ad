-- Geocorr 2022: 2020 county to 2020 place, with place 99999 (outside any place).
SELECT countyfip,
       state,
       place,
       stab,
       CountyName,
       PlaceName,
       pop20::BIGINT AS population,
       afact2::DOUBLE AS afact2,
       afact::DOUBLE AS afact
FROM raw
ORDER BY raw_line
