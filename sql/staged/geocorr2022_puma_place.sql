-- Geocorr 2022: 2020 PUMA to 2020 place. Place 99999 is territory outside any place.
SELECT raw_line,
       state AS statefip,
       puma22 AS puma,
       place,
       pop20::BIGINT AS population,
       afact::DOUBLE AS afact,
       afact2::DOUBLE AS afact2
FROM raw
WHERE place <> '99999'
ORDER BY raw_line
