-- The printed lower bound is at or below the printed value, the upper bound at or above it (card evaluation-checks, C)
WITH
-- Value and bounds of a cell side by side
bounded AS (
    SELECT file, row_order, year, geoid, subgroup, measure,
           max(value) FILTER (role = 'value') AS value, max(value) FILTER (role = 'lower') AS lower,
           max(value) FILTER (role = 'upper') AS upper
    FROM cells
    WHERE role <> 'quality' AND (file, measure) IN (SELECT (file, measure) FROM published_column WHERE role = 'lower')
    GROUP BY ALL
)
SELECT file, year, geoid, subgroup, measure, lower, value, upper
FROM bounded
WHERE lower > value OR value > upper OR lower > upper
ORDER BY ALL
