-- Which file each measure, year and subgroup family is taken from: the newest round of publication first, then the file of
-- the metric before a combined one; of files that are equal in that the first by name, if they agree.
WITH
-- Slices of the files
slices AS (
    SELECT DISTINCT imported.file, measure, year, geography, subgroup_type, round, is_combined
    FROM imported JOIN imported_file USING (file)
)
SELECT *, row_number() OVER slice AS choice,
       rank() OVER (PARTITION BY measure, year, geography, subgroup_type ORDER BY round DESC, is_combined) AS standing
FROM slices
WINDOW slice AS (PARTITION BY measure, year, geography, subgroup_type ORDER BY round DESC, is_combined, file)
