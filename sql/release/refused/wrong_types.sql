-- Every table has the columns of the contract (sql/metrics/contract/metric_table.sql) in their types, and no others
WITH
-- What each table should have
expected AS (
    SELECT table_path, name, type FROM released_table, contract_column
),
-- What differs
different AS (
    SELECT table_path, name, expected.type AS expected, table_column.type AS found
    FROM expected FULL JOIN table_column USING (table_path, name)
    WHERE expected.type IS DISTINCT FROM table_column.type
)
SELECT label AS "table", name AS "column", coalesce(expected, 'no such column') AS expected,
       coalesce(found, 'no such column') AS found
FROM different JOIN released_table USING (table_path)
ORDER BY ALL
