-- A year has four digits
SELECT line, 'year' AS "column", year AS found FROM published_text WHERE NOT regexp_full_match(year, '20[0-9]{2}') ORDER BY ALL
