-- Geocorr 2018: 2014 county to 2014 place, with place 99999 (outside any place).
SELECT county14 AS countyfip,
       state,
       placefp14 AS place,
       stab,
       cntyname2 AS CountyName,
       placenm14 AS PlaceName,
       pop10::BIGINT AS population,
       AFACT2::DOUBLE AS afact2,
       afact::DOUBLE AS afact
FROM raw
ORDER BY raw_line
