-- Cells of two releases whose text is not the same, in the columns that are said to differ.
WITH
-- Cells of those columns, old and new
old AS (
    FROM old_cells SEMI JOIN differing USING (file, "column")
),
-- Of the new release
new AS (
    FROM new_cells SEMI JOIN differing USING (file, "column")
)
SELECT coalesce(new.metric, old.metric) AS metric, coalesce(new.year, old.year) AS year,
       coalesce(new.file, old.file) AS file, coalesce(new.geoid, old.geoid) AS geoid,
       coalesce(new.subgroup, old.subgroup) AS subgroup, coalesce(new."column", old."column") AS "column",
       old.text AS old, new.text AS new, old.note AS old_note, new.note AS new_note
FROM old
FULL JOIN new ON old.file = new.file AND old."column" = new."column" AND old.year = new.year AND old.geoid = new.geoid
    AND old.subgroup = new.subgroup
WHERE old.text IS DISTINCT FROM new.text
ORDER BY ALL
