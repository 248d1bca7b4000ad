-- Geocorr 2022: 2020 tract to 2020 place. Place 99999 is territory outside any place.
SELECT county, tract_code(tract) AS tract, place AS place, afact::DOUBLE AS afact
FROM raw
WHERE place <> '99999'
ORDER BY county, tract, place
