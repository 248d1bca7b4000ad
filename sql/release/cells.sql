-- The cells of one published file: every cell behind which a metric table has a row, in the file's order of rows and columns.
SELECT getvariable('file') AS file, row_order, year, geoid, subgroup_type, subgroup, "column", value, text, metric, measure,
       role, note, quality
FROM printed JOIN file_rows USING (year, geoid, subgroup)
ORDER BY row_order, position
