-- The areas of every year, each year from one file: the newest round first, combined files before others, then files with
-- population.
WITH
-- Files that list the areas of a year
lists AS (
    SELECT year, file, round, is_combined, count(population) > 0 AS has_population
    FROM areas
    WHERE geography = getvariable('geography')
    GROUP BY ALL
),
-- The best of each year
best AS (
    SELECT year, file FROM lists
    QUALIFY row_number() OVER (PARTITION BY year ORDER BY round DESC, has_population DESC, is_combined DESC, file) = 1
)
SELECT DISTINCT areas.* EXCLUDE (round, is_combined, geography)
FROM areas JOIN best USING (year, file)
WHERE geography = getvariable('geography')
