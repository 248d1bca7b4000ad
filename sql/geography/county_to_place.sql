-- County to place (card geography-crosswalks, section 3.5). The years of a period are first_year to last_year. Puerto Rico
-- (state 72) is in the two later periods; no universe has it.
WITH
-- The periods and the years they serve
periods(crosswalk_period, first_year, last_year, population_vintage) AS (
    VALUES ('pre-2020', 2010, 2019, 2010), ('2020-2021', 2020, 2021, 2020), ('2022-2029', 2022, 2029, 2020)
),
-- Counties of 2014, of 2020, and of 2020 with Connecticut's planning regions
rows_of_period AS (
    SELECT * EXCLUDE (vintage), 'pre-2020' AS crosswalk_period FROM geocorr_county_place WHERE vintage = '2018'
    UNION ALL BY NAME
    SELECT * EXCLUDE (vintage), '2020-2021' AS crosswalk_period FROM geocorr_county_place WHERE vintage = '2022'
    UNION ALL BY NAME
    SELECT * EXCLUDE (vintage), '2022-2029' AS crosswalk_period FROM geocorr_county_place
    WHERE vintage = '2022' AND state <> '09'
    UNION ALL BY NAME
    SELECT *, '2022-2029' AS crosswalk_period FROM geocorr_planning_region_place
)
SELECT countyfip, state, place, stab, CountyName, PlaceName, population, afact2, afact,
       population_vintage::SMALLINT AS population_vintage, crosswalk_period,
       first_year::SMALLINT AS first_year, last_year::SMALLINT AS last_year
FROM rows_of_period
JOIN periods USING (crosswalk_period)
ORDER BY crosswalk_period, countyfip, PlaceName, place
