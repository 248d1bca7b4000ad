-- The pivot of one file's cells: its rows, and beside each its cells' texts, in columns named as the published ones after
-- 'cell '.
FROM file_rows
LEFT JOIN (PIVOT (SELECT row_order, 'cell ' || "column" AS name, text FROM cells) ON name USING first(text) GROUP BY row_order)
    USING (row_order)
ORDER BY row_order
