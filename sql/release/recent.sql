-- The newest cells of one published file: for every measure those of its latest year, and that year as a cell beside them, in
-- the last row that the file has of the area and subgroup.
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
-- The last row of each area and subgroup
last_rows AS (
    SELECT geoid, subgroup, max(row_order) AS row_order FROM file_rows GROUP BY ALL
)
SELECT row_order, "column", text FROM recent JOIN last_rows USING (geoid, subgroup)
