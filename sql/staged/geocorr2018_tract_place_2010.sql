-- Geocorr 2018: 2010 tract to 2010 place. Place 99999 is territory outside any place.
SELECT county, tract_code(tract) AS tract, placefp AS place, afact::DOUBLE AS afact
FROM raw
WHERE placefp <> '99999'
ORDER BY county, tract, place
