-- Household income at the 20th, 50th and 80th percentile in constant dollars, edition 2026 (cards income-percentiles,
-- section 3, and version-2026, section 5). The percentiles are estimated from these records.
WITH
-- Step 1: householders, whose race, ethnicity and sex are those of the household
householders AS (
    SELECT sample, statefip, puma, serialno, subgroup_key FROM person WHERE pernum = 1
),
-- Step 2: group quarters are left out, and what has no income
in_households AS (
    SELECT * FROM household WHERE list_contains([1, 2, 5], gq) AND hhincome IS NOT NULL
),
-- Step 1: households with their householder; vacant units have none
with_householder AS (
    SELECT in_households.* EXCLUDE (subgroup_key), householders.subgroup_key
    FROM in_households
    JOIN householders USING (sample, statefip, puma, serialno)
),
-- From dollars of the year to those of 1999, and from 1999 to the dollars to publish in; a year without a factor has no
-- amounts
price_factors AS (
    SELECT max(factor) FILTER (WHERE dollars_of = getvariable('year') AND in_dollars_of = 1999) AS to_1999,
           max(factor) FILTER (WHERE dollars_of = 1999 AND in_dollars_of = getvariable('in_dollars_of')) AS from_1999
    FROM ipums_cpi99
)
-- Step 4: income in constant dollars
SELECT sample, statefip, puma, serialno, subgroup_key, hhincome * to_1999 * from_1999 * adjust AS amount, hhwt AS weight,
       COLUMNS('repwt[0-9]+')
FROM with_householder, price_factors
WHERE to_1999 * from_1999 IS NOT NULL
