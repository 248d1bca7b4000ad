-- Agencies to places (card reported-crime, section 3.3).
WITH
-- Step 1: agencies but state police
agencies AS (
    SELECT ori, state, lower(city_name) AS city_name, first_county, core_city, months
    FROM nibrs_agency
    WHERE agency_type IS DISTINCT FROM 'state police'
),
-- Places of the year under the names of the police
places AS (
    SELECT geoid, state, name FROM place_city_name
    WHERE list = 'police' AND year = least(getvariable('year'), getvariable('last_list_year'))
),
-- Step 2: place of LEAIC, which is final where there is one
of_leaic AS (
    SELECT agencies.*, agencies.state || place AS geoid
    FROM agencies LEFT JOIN leaic_agency USING (ori)
),
-- Step 3: the others by name
of_name AS (
    SELECT of_leaic.* EXCLUDE (geoid), places.geoid
    FROM (FROM of_leaic WHERE geoid IS NULL) AS of_leaic
    LEFT JOIN places ON places.state = of_leaic.state AND name = city_name
),
-- Step 4: counties with exactly one large place
lone_places AS (
    SELECT countyfip AS county_geoid, any_value(state || place) AS geoid
    FROM county_to_place
    WHERE coalesce(getvariable('crosswalk_year'), getvariable('year')) BETWEEN first_year AND last_year
      AND state || place IN (SELECT geoid FROM places)
    GROUP BY countyfip
    HAVING count(*) = 1
),
-- Step 4: those that are still without a place, where the method's rule says so
of_county AS (
    SELECT of_name.* EXCLUDE (geoid), lone_places.geoid
    FROM (FROM of_name WHERE geoid IS NULL) AS of_name
    JOIN lone_places ON county_geoid = state || first_county
    WHERE getvariable('rule_county_agencies_of_one_big_city')
),
-- Step 5: agencies with a place of the list
located AS (
    SELECT ori, geoid, core_city, months
    FROM (FROM of_leaic UNION ALL FROM of_name UNION ALL FROM of_county)
    WHERE geoid IN (SELECT geoid FROM places)
)
SELECT ori, (row_number() OVER (PARTITION BY ori ORDER BY geoid))::INTEGER AS position, geoid, 1.0::DOUBLE AS weight, core_city, months
FROM located
ORDER BY ori, position
