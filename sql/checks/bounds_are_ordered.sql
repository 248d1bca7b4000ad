-- The lower bound is at or below the value, the upper bound at or above it (card evaluation-checks, C)
SELECT measure, geoid, subgroup, lower, value, upper
FROM metric_table
WHERE lower > value OR value > upper
ORDER BY ALL
