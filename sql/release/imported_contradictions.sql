-- Cells in which two files of the same standing differ, so that neither can be taken before the other.
WITH
-- Slices that several files of the highest standing have
shared AS (
    SELECT measure, year, geography, subgroup_type FROM slices WHERE standing = 1 GROUP BY ALL HAVING count(*) > 1
)
SELECT measure, one.year, one.geoid, one.subgroup, one.file AS one_file, other.file AS other_file, one.value AS one_value,
       other.value AS other_value
FROM imported AS one
JOIN imported AS other USING (measure, year, geoid, subgroup_type, subgroup)
JOIN shared USING (measure, year, subgroup_type)
WHERE one.file < other.file AND one.geography = shared.geography AND other.geography = shared.geography
  AND (one.file, one.measure, one.year, one.subgroup_type) IN (SELECT (file, measure, year, subgroup_type) FROM slices WHERE standing = 1)
  AND (other.file, other.measure, other.year, other.subgroup_type) IN (SELECT (file, measure, year, subgroup_type) FROM slices WHERE standing = 1)
  AND (one.value IS DISTINCT FROM other.value OR one.quality IS DISTINCT FROM other.quality)
ORDER BY ALL
