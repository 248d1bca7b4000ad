-- Geocorr 2022: 2020 PUMA to 2020 county. The county code of the file holds state and county.
SELECT state AS statefip,
       puma22 AS puma,
       substr(county, 3, 3) AS county,
       pop20::BIGINT AS population,
       afact::DOUBLE AS afact,
       afact2::DOUBLE AS afact2
FROM raw
ORDER BY raw_line
