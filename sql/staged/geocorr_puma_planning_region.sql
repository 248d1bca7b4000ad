-- Geocorr 2022, Connecticut only: 2020 PUMA to planning region (the county equivalent from 2022 on).
SELECT state AS statefip,
       puma22 AS puma,
       substr(ctregion, 3, 3) AS county,
       pop20::BIGINT AS population,
       afact::DOUBLE AS afact,
       afact2::DOUBLE AS afact2
FROM raw
ORDER BY raw_line
