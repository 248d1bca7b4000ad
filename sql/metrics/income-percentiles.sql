-- Household income at the 20th, 50th and 80th percentile (card income-percentiles, section 3). The percentiles and their
-- intervals are estimated from these records by sql/estimators/quantile.
WITH
-- Step 1: householders, whose race, ethnicity and sex are those of the household
householders AS (
    SELECT sample, statefip, puma, serialno, subgroup_key FROM person WHERE pernum = 1
),
-- Step 2: group quarters are left out, and what has no income; interviews before 2012 have PUMAs of 2000. (Not gq IN (…),
-- which DuckDB takes for a rare case: it would then hold the households with their 80 weights in memory for the join below,
-- and not the householders)
in_households AS (
    SELECT * FROM household
    WHERE list_contains([1, 2, 5], gq) AND hhincome IS NOT NULL
      AND (multyear >= 2012 OR getvariable('rule_mixed_puma_vintages_of_2014'))
),
-- Step 1: households with their householder; vacant units have none
with_householder AS (
    SELECT in_households.* EXCLUDE (subgroup_key), householders.subgroup_key
    FROM in_households
    JOIN householders USING (sample, statefip, puma, serialno)
)
-- Step 4: income in dollars of the survey year
SELECT sample, statefip, puma, serialno, subgroup_key, hhincome * adjust AS amount, hhwt AS weight,
       COLUMNS('repwt[0-9]+')
FROM with_householder
