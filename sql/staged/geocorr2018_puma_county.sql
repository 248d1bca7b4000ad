-- Geocorr 2018: 2012 PUMA to 2014 county. The county code of the file holds state and county.
SELECT state AS statefip,
       puma12 AS puma,
       substr(county14, 3, 3) AS county,
       pop10::BIGINT AS population,
       afact::DOUBLE AS afact,
       AFACT2::DOUBLE AS afact2
FROM raw
ORDER BY raw_line
