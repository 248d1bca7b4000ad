-- Codes under which tables have the tracts of a census: the county part of a code changes with the county's.
WITH
-- The census's own codes
own AS (
    SELECT vintage, tract_geoid AS code, tract_geoid FROM tract
),
-- County codes with one successor; those of a county that was split stay with the census
renamed AS (
    SELECT old_geoid, any_value(new_geoid) AS new_geoid FROM county_code_change GROUP BY old_geoid HAVING count(*) = 1
),
-- Tracts of 2010 under the codes that succeed
succeeding AS (
    SELECT vintage, new_geoid || tract_geoid[6:] AS code, tract_geoid
    FROM tract JOIN renamed ON old_geoid = tract_geoid[:5]
),
-- Connecticut's tracts of 2020 under its planning regions
connecticut AS (
    SELECT '2020' AS vintage, tract_2022 AS code, tract_2020 AS tract_geoid FROM connecticut_tract
),
-- All codes of the tracts of a census
known AS (
    FROM own UNION FROM succeeding UNION FROM connecticut
),
-- Tracts of the survey that no census has: their code was mended between two censuses
mended AS (
    SELECT CASE tract_county.vintage WHEN '2018' THEN '2010' ELSE '2020' END AS vintage, state || county || tract AS code,
           code AS tract_geoid
    FROM tract_county
)
FROM known
UNION ALL
FROM mended ANTI JOIN known USING (vintage, code)
ORDER BY vintage, code
