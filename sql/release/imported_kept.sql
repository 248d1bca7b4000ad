-- The rows that are taken from the files. Where no file has the overall value of a measure and year, the total of a family
-- is it, unless the metric gives the family a total of its own (card publication-files, section 3.1: debt in collections).
WITH
-- Rows of the chosen slices
taken AS (
    SELECT imported.* FROM imported JOIN chosen USING (file, measure, year, geography, subgroup_type)
),
-- The family whose total stands for the overall value that no file has
standing_in AS (
    SELECT measure, year, geography, min(subgroup_type) AS subgroup_type
    FROM chosen
    ANTI JOIN (FROM chosen WHERE subgroup_type = 'all') AS overall USING (measure, year, geography)
    ANTI JOIN own_total USING (measure, subgroup_type)
    GROUP BY ALL
)
SELECT metric, taken.* FROM taken JOIN metric_of USING (measure)
UNION ALL BY NAME
SELECT metric, taken.* REPLACE ('all' AS subgroup_type)
FROM taken JOIN standing_in USING (measure, year, geography, subgroup_type) JOIN metric_of USING (measure)
WHERE subgroup = 'All'
ORDER BY metric, geography, year
