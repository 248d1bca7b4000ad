-- Households and the value of owned homes by race and ethnicity (card housing-wealth, sections 3 and 4), without geography:
-- sums per PUMA, county that the microdata name, age group (subgroup key) and race or ethnicity.
WITH
-- Householders: race and ethnicity, and the age group in subgroup_key
householders AS (
    SELECT sample, statefip, serialno, subgroup_key,
           CASE WHEN hispan <> 0 THEN 'hispanic' WHEN race = 1 THEN 'white_nh' WHEN race = 2 THEN 'black_nh'
                ELSE 'other_nh' END AS race_ethnicity
    FROM person
    WHERE pernum = 1
),
-- Households; institutions (3) and other group quarters (4) are left out
in_households AS (
    SELECT * FROM household WHERE gq NOT IN (3, 4)
),
-- Households with their householder; vacant units have none
with_householder AS (
    SELECT in_households.* EXCLUDE (subgroup_key), householders.subgroup_key, race_ethnicity
    FROM in_households
    JOIN householders USING (sample, statefip, serialno)
)
-- House value is that of owned homes (OWNERSHP 1)
SELECT sample, statefip, puma, countyfip, subgroup_key, race_ethnicity, count(*) AS records,
       sum(hhwt)::BIGINT AS households,
       sum(valueh::BIGINT * hhwt) FILTER (WHERE ownershp = 1)::BIGINT AS house_value
FROM with_householder
GROUP BY ALL
ORDER BY sample, statefip, puma, countyfip, subgroup_key, race_ethnicity
