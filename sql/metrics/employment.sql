-- Employment-to-population ratio of adults aged 25 to 54 (card employment, section 3). The share and its interval are
-- estimated from these records by sql/estimators/share.
WITH
-- Persons of the samples of the year
persons AS (
    SELECT sample, statefip, puma, serialno, pernum, subgroup_key, gq, age, empstat, perwt, COLUMNS('repwtp[0-9]+')
    FROM person
),
-- Step 1: adults aged 25 to 54
aged_25_54 AS (
    SELECT * FROM persons WHERE age BETWEEN 25 AND 54
),
-- Step 3: in households; group quarters (3 institutions, 4 other) are left out
in_households AS (
    SELECT * FROM aged_25_54 WHERE gq IN (1, 2, 5)
)
-- Step 4: employed or not (1 employed, 2 unemployed, 3 not in the labor force)
SELECT sample, statefip, puma, serialno, pernum, subgroup_key, (empstat = 1)::TINYINT AS outcome, perwt AS weight,
       COLUMNS('repwtp([0-9]+)') AS 'repwt\1'
FROM in_households
