-- Table B01003: counties (summary level 050) and places (160) of the states.
SELECT substr(GEO_ID, 10) AS geoid, E001::BIGINT AS population
FROM raw
WHERE (GEO_ID LIKE '0500000US%' OR GEO_ID LIKE '1600000US%') AND GEO_ID NOT LIKE '%US72%'
ORDER BY geoid
