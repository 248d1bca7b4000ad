-- Every county is in the lists of areas, of the year or of another one; the code of a place begins with that of a state
SELECT label AS "table", geoid, count(*) AS rows_of_geoid
FROM metric_tables JOIN released_table USING (table_path)
WHERE value IS NOT NULL
  -- The lists have places above a size only; states and territories have the codes 01 to 78
  AND CASE metric_tables.geography
          WHEN 'county' THEN geoid NOT IN (SELECT geoid FROM areas WHERE geography = 'county')
          ELSE NOT regexp_full_match(geoid, '[0-9]{7}') OR geoid[:2] NOT BETWEEN '01' AND '78' END
GROUP BY ALL
ORDER BY ALL
