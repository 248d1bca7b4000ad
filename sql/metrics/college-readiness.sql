-- Share of 19- and 20-year-olds with a high school degree (card college-readiness, section 3). The share and its interval
-- are estimated from these records by sql/estimators/share.
WITH
-- Step 1: persons aged 19 or 20, in households and in group quarters
aged_19_20 AS (
    SELECT * FROM person WHERE age IN (19, 20)
),
-- Step 3: educational attainment is known (0 N/A, 1 N/A or no schooling, 999 missing)
with_attainment AS (
    SELECT * FROM aged_19_20 WHERE educd NOT IN (0, 1, 999)
)
-- Step 4: high school diploma, GED or more (62 and up; 61 is 12th grade without diploma)
SELECT sample, statefip, puma, serialno, pernum, subgroup_key, (educd >= 62)::TINYINT AS outcome, perwt AS weight,
       COLUMNS('repwtp([0-9]+)') AS 'repwt\1'
FROM with_attainment
