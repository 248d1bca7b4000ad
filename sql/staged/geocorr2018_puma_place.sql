-- Geocorr 2018: 2012 PUMA to 2014 place. Its AFACT2 is wrong (rule place-afact2 of the crosswalk); kept as it is.
SELECT raw_line,
       state AS statefip,
       puma12 AS puma,
       placefp14 AS place,
       pop10::BIGINT AS population,
       afact::DOUBLE AS afact,
       AFACT2::DOUBLE AS afact2
FROM raw
WHERE placefp14 <> '99999'
ORDER BY raw_line
