-- State has 2 digits, county 3, place 5, with leading zeros
SELECT line, CASE WHEN regexp_full_match(state, '[0-9]{2}') THEN getvariable('geography') ELSE 'state' END AS "column",
       CASE WHEN regexp_full_match(state, '[0-9]{2}') THEN area ELSE state END AS found
FROM published_text
WHERE NOT regexp_full_match(state, '[0-9]{2}')
   OR NOT regexp_full_match(area, CASE getvariable('geography') WHEN 'county' THEN '[0-9]{3}' ELSE '[0-9]{5}' END)
ORDER BY ALL
