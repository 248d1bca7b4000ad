-- Geocorr 2022, Connecticut only: planning region to 2020 place.
SELECT ctregion AS countyfip,
       state,
       place,
       stab,
       ctregname AS CountyName,
       PlaceName,
       pop20::BIGINT AS population,
       afact2::DOUBLE AS afact2,
       afact::DOUBLE AS afact
FROM raw
ORDER BY raw_line
