-- The newest values of one published file: for every measure the cells of its latest year, and that year beside them.
WITH
-- Latest year of each measure
latest AS (
    SELECT measure, max(year) AS year FROM cells WHERE text IS NOT NULL AND role <> 'constant' GROUP BY measure
),
-- Their cells, and the year as a cell of its own
recent AS (
    SELECT geoid, subgroup, "column", text FROM cells SEMI JOIN latest USING (measure, year) WHERE role <> 'constant'
    UNION ALL
    SELECT DISTINCT geoid, subgroup, measure || '_year', year::VARCHAR FROM cells SEMI JOIN latest USING (measure, year)
    WHERE role <> 'constant'
),
-- Areas by the names that they had last
areas_last AS (
    SELECT * EXCLUDE (row_order, year), min(row_order) AS row_order
    FROM (SELECT * FROM file_rows QUALIFY year = max(year) OVER (PARTITION BY geoid, subgroup))
    GROUP BY ALL
)
FROM areas_last
JOIN (PIVOT (SELECT geoid, subgroup, 'cell ' || "column" AS name, text FROM recent) ON name USING first(text)
      GROUP BY geoid, subgroup) USING (geoid, subgroup)
ORDER BY geoid, row_order
