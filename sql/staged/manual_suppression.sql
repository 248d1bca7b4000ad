-- Cells that the publisher takes back by hand; an empty field stands for all.
SELECT metric, measure, year::SMALLINT AS year, geography, geoid, subgroup_type, subgroup, edition, what, reason
FROM raw
ORDER BY raw_line
