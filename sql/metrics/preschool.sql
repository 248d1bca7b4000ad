-- Share of 3- and 4-year-olds in nursery school or preschool (card preschool, section 3). The share and its interval are
-- estimated from these records by sql/estimators/share.
WITH
-- Step 1: children aged 3 or 4, in households and in group quarters
aged_3_4 AS (
    SELECT * FROM person WHERE age IN (3, 4)
),
-- Step 4: not attending (0), nursery school or preschool (1), kindergarten (2); children in grades are left out
below_grade_1 AS (
    SELECT * FROM aged_3_4 WHERE gradeatt IN (0, 1, 2)
),
-- Income group of the household; children without household income (group quarters) are in neither group
with_household AS (
    SELECT below_grade_1.* EXCLUDE (subgroup_key),
           below_grade_1.subgroup_key + coalesce(household.subgroup_key, 0) AS subgroup_key
    FROM below_grade_1
    LEFT JOIN household USING (sample, statefip, serialno)
)
-- Step 5: in nursery school or preschool; kindergarten stays in the denominator
SELECT sample, statefip, puma, serialno, pernum, subgroup_key, (gradeatt = 1)::TINYINT AS outcome, perwt AS weight,
       COLUMNS('repwtp([0-9]+)') AS 'repwt\1'
FROM with_household
