-- Table B01003 as downloaded for counties and for places.
SELECT substr(GEO_ID, 10) AS geoid, E001::BIGINT AS population
FROM (FROM counties UNION ALL FROM places)
WHERE (GEO_ID LIKE '0500000US%' OR GEO_ID LIKE '1600000US%') AND GEO_ID NOT LIKE '%US72%'
ORDER BY geoid
