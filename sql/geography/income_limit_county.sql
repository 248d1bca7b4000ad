-- Income limits by county (card housing-affordability, section 3C, steps 8 to 10).
WITH
-- Rows of the states and the District of Columbia; territories (60, 66, 69, 72, 78) are left out
rows_of_states AS (
    SELECT * FROM hud_income_limits WHERE state NOT IN ('60', '66', '69', '72', '78')
),
-- From 2022 a town of Connecticut lies in its planning region; HUD keeps the old counties
with_planning_regions AS (
    SELECT rows_of_states.* REPLACE (coalesce(planning_region, county) AS county)
    FROM rows_of_states
    LEFT JOIN connecticut_town_planning_region AS towns
        ON getvariable('year') >= 2022 AND state = '09' AND county = old_county AND rows_of_states.town = towns.town
),
-- After 2019 Valdez-Cordova (02261) stands for Chugach (02063) and Copper River (02066), into which it was split; where
-- the method's rule says so, every county that HUD lists under an old code also has its limit under each new one, in any
-- year: metrics from microdata know the new codes only
old_codes AS (
    SELECT old_geoid, new_geoid
    FROM county_code_change
    WHERE (old_geoid = '02261' AND getvariable('year') > 2019) OR NOT getvariable('rule_abolished_counties_without_limit')
),
-- Rows under the codes that the year knows
with_new_codes AS (
    SELECT * FROM with_planning_regions WHERE NOT (getvariable('year') > 2019 AND state || county = '02261')
    UNION ALL
    SELECT predecessor.* REPLACE (substr(new_geoid, 3) AS county)
    FROM with_planning_regions AS predecessor
    JOIN old_codes ON state || county = old_geoid
    WHERE getvariable('rule_abolished_counties_without_limit')
       OR new_geoid NOT IN (SELECT state || county FROM with_planning_regions)
),
-- One row per level; a limit that is not there has none
levels AS (
    UNPIVOT (SELECT state || county AS geoid, limit_30 AS "30", limit_50 AS "50", limit_80 AS "80" FROM with_new_codes)
    ON "30", "50", "80" INTO NAME level VALUE income_limit
)
-- Plain mean over the rows of the county: only New England has several, one per town
SELECT geoid, level::TINYINT AS level, avg(income_limit) AS income_limit, count(*) AS rows_of_county
FROM levels
GROUP BY ALL
ORDER BY geoid, level
