-- Every text of the CSV is a cell of cells.parquet and the other way round
WITH
-- Texts of the CSV, which has a row per row of the file
printed AS (
    FROM (UNPIVOT csv_cells ON COLUMNS(* EXCLUDE (row_order)) INTO NAME "column" VALUE text)
),
-- Texts of the cells
kept AS (
    SELECT row_order, "column", text FROM cells WHERE file = getvariable('file') AND text IS NOT NULL
)
SELECT coalesce(printed.row_order, kept.row_order) AS row_order, coalesce(printed."column", kept."column") AS "column",
       printed.text AS in_csv, kept.text AS in_cells
FROM printed FULL JOIN kept ON printed.row_order = kept.row_order AND printed."column" = kept."column"
WHERE printed.text IS DISTINCT FROM kept.text
ORDER BY ALL
