-- A table has rows for at least half of the counties of every state, with a value or without
WITH
-- Counties of each state in the lists
expected AS (
    SELECT year, state, count(*) AS counties FROM areas WHERE geography = 'county' GROUP BY ALL
),
-- Counties of each state in the tables; Connecticut's may be the old ones
found AS (
    SELECT table_path, geoid[:2] AS state, count(DISTINCT geoid) AS counties
    FROM metric_tables
    WHERE geography = 'county'
    GROUP BY ALL
)
SELECT label AS "table", expected.state, expected.counties AS counties_expected, coalesce(found.counties, 0) AS counties_found
FROM released_table
JOIN expected USING (year)
LEFT JOIN found ON found.table_path = released_table.table_path AND found.state = expected.state
WHERE geography = 'county' AND coalesce(found.counties, 0) * 2 < expected.counties
ORDER BY ALL
