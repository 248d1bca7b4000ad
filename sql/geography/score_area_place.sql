-- Districts of the score file and the place of their office (card public-education-seda, section 3b). Years are falls.
WITH
-- Step 1: districts and falls of the score file, from the first cohort on
district_rows AS (
    SELECT DISTINCT area, year - 1 AS fall, grade, year - grade + 8 AS cohort
    FROM seda_district
    WHERE year - grade + 8 >= getvariable('first_cohort')
),
-- Step 2: the city of the fall; districts that never match the directory are dropped
district_years AS (
    SELECT area, fall, nullif(city, '') AS city
    FROM (SELECT DISTINCT area, fall FROM district_rows)
    LEFT JOIN ccd_lea_office ON leaid = area AND ccd_lea_office.year = fall
    QUALIFY bool_or(leaid IS NOT NULL) OVER (PARTITION BY area)
),
-- Step 2: a fall without a city takes that of other falls, as the method's rule says
cities AS (
    SELECT area, fall,
           coalesce(city,
                    CASE getvariable('rule_city_of_an_unmatched_year')
                        WHEN 'alphabet' THEN min(city) OVER (PARTITION BY area)
                        ELSE coalesce(last_value(city IGNORE NULLS) OVER before, first_value(city IGNORE NULLS) OVER after) END)
               AS city
    FROM district_years
    WINDOW before AS (PARTITION BY area ORDER BY fall ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
           after AS (PARTITION BY area ORDER BY fall ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
),
-- Step 3: state and name by which the city is looked up
named AS (
    SELECT area, fall, area[:2] AS state,
           CASE getvariable('letters') WHEN 'lower' THEN lower(city) ELSE proper_case(city) END AS city_name
    FROM cities
),
-- Step 4: places of every year under the names of the list
places AS (
    SELECT year, geoid, state, CASE getvariable('letters') WHEN 'lower' THEN lower(name) ELSE name END AS city_name
    FROM place_city_name
    WHERE list = getvariable('names')
),
-- Step 5: rows of districts that match a place of their own fall at least once; or rows that match one of any year
entered AS (
    SELECT * FROM named
    WHERE CASE WHEN getvariable('every_row')
               THEN area IN (SELECT area FROM named JOIN places USING (state, city_name) WHERE places.year = fall)
               ELSE (state, city_name) IN (SELECT (state, city_name) FROM places) END
)
-- Step 8: the place of the metric year
SELECT area, grade, geoid
FROM (SELECT * FROM district_rows WHERE cohort = getvariable('year') + 1)
JOIN entered USING (area, fall)
LEFT JOIN (FROM places WHERE year = getvariable('year')) AS listed USING (state, city_name)
ORDER BY area, grade
