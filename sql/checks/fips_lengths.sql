-- County GEOIDs have 5 digits, place GEOIDs 7 (card evaluation-checks, A3)
SELECT DISTINCT geography, geoid
FROM metric_table
WHERE NOT regexp_full_match(geoid, CASE geography WHEN 'county' THEN '[0-9]{5}' WHEN 'place' THEN '[0-9]{7}' ELSE '.+' END)
ORDER BY ALL
