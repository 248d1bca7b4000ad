-- Households by access to a computer and broadband (card digital-access, sections 3 and 6), without geography: records and
-- weights per PUMA, county that the microdata name, subgroup key and outcome.
WITH
-- Step 1: householders, whose race and ethnicity are those of the household
householders AS (
    SELECT sample, statefip, serialno, subgroup_key FROM person WHERE pernum = 1
),
-- Step 2: households; group quarters and vacant units are left out
in_households AS (
    SELECT * FROM household WHERE gq IN (1, 2, 5)
),
-- Steps 4 and 5: without suppressed subscriptions (88) and without households the question does not apply to
asked AS (
    SELECT * FROM in_households WHERE cihispeed <> 88 AND cinethh <> 0
),
-- Step 1: households with their householder
with_householder AS (
    SELECT asked.* EXCLUDE (subgroup_key), asked.subgroup_key + householders.subgroup_key AS subgroup_key
    FROM asked
    JOIN householders USING (sample, statefip, serialno)
),
-- Step 6: access is a laptop, desktop or tablet together with cable, fiber or DSL; all others stay in the denominator
with_outcome AS (
    SELECT *, coalesce((cilaptop = 1 OR citablet = 1) AND cihispeed = 10, false)::TINYINT AS outcome FROM with_householder
)
SELECT sample, statefip, puma, countyfip, subgroup_key, outcome, count(*) AS records, sum(hhwt)::BIGINT AS weight
FROM with_outcome
GROUP BY ALL
ORDER BY sample, statefip, puma, countyfip, subgroup_key, outcome
