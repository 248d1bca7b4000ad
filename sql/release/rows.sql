-- The rows of one published file: areas of each year times the file's subgroups, in the file's order; years without any
-- printed cell are left out unless the file keeps them (card publication-files, section 3, steps 1 and 6).
WITH
-- The file
file AS (
    FROM published_file WHERE file = getvariable('file')
),
-- Its subgroups in their order
labels AS (
    FROM published_label WHERE file = getvariable('file')
),
-- Years with a cell
years AS (
    SELECT DISTINCT year FROM printed WHERE text IS NOT NULL AND role <> 'constant'
)
SELECT row_number() OVER (ORDER BY year, geoid, labels.position)::INTEGER AS row_order, areas.*,
       labels.subgroup, CASE WHEN labels.subgroup = 'All' THEN 'all' ELSE file.subgroup_type END AS subgroup_type
FROM areas, file, labels
WHERE areas.geography = file.geography
  AND EXISTS (FROM years) AND (file.keep_empty_years OR year IN (SELECT year FROM years))
ORDER BY row_order
