-- year, state, county or place and subgroup are never missing
SELECT line, name AS "column", 'NA' AS found
FROM (SELECT line, unnest(['year', 'state', getvariable('geography'), 'subgroup', 'subgroup_type']) AS name,
             unnest([year, state, area, subgroup, subgroup_type]) AS text
      FROM published_text)
WHERE text IS NULL
ORDER BY ALL
