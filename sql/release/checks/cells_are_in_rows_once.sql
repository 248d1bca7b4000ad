-- Every row of a file has one text per column
SELECT file, row_order, "column", count(*) AS texts
FROM cells
GROUP BY ALL
HAVING count(*) > 1
ORDER BY ALL
