-- One row per year, area and subgroup
SELECT max(line) AS line, concat_ws(', ', 'year', 'state', getvariable('geography'), 'subgroup') AS "column",
       concat_ws(' ', year, state, area, any_value(subgroup_type), subgroup) || ', as in line ' || min(line) AS found
FROM published_text
GROUP BY year, state, area, CASE subgroup WHEN 'All' THEN subgroup_type END, subgroup
HAVING count(*) > 1
ORDER BY ALL
