-- Tract to county (card geography-crosswalks, section 3.3).
WITH
-- The lists of the ACS vintages 2018 and 2020
listed AS (
    SELECT vintage::SMALLINT AS year, state, county, tract
    FROM tract_county
),
-- 2022: the tracts of 2020, Connecticut's under their planning region
updated AS (
    SELECT 2022::SMALLINT AS year, state, county, tract FROM listed WHERE year = 2020 AND state <> '09'
    UNION ALL
    SELECT 2022::SMALLINT, state, county, tract FROM tract_planning_region
)
SELECT year, state || county AS geoid, state, county, tract
FROM (SELECT * FROM listed UNION ALL SELECT * FROM updated)
ORDER BY year, state, county, tract
