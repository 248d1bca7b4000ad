-- Areas that a region may be made of, with the census (vintage) whose code it is, name and residents of that census.
WITH
-- Names of counties, the latest
county_names AS (
    SELECT geoid, max_by(county_name, year) AS name FROM county_universe GROUP BY geoid
),
-- Counties by their tracts, and as the crosswalk has them
counties AS (
    SELECT vintage, code[:5] AS geoid, sum(population)::BIGINT AS population FROM tract_code LEFT JOIN tract USING (vintage, tract_geoid) GROUP BY ALL
    UNION ALL
    SELECT CASE crosswalk_period WHEN '2022' THEN '2020' ELSE '2010' END, geoid, round(any_value(county_pop))::BIGINT FROM puma_to_county GROUP BY ALL
),
-- Names of places, of the gazetteer nearest to the census
place_names AS (
    SELECT CASE vintage WHEN '2018' THEN '2010' ELSE '2020' END AS vintage, geoid, name FROM place_name
),
-- Places of any size with residents
places AS (
    SELECT CASE vintage WHEN '2018' THEN '2010' ELSE '2020' END AS vintage, statefip || place AS geoid, sum(population)::BIGINT AS population
    FROM geocorr_puma_place
    WHERE place <> '99999'
    GROUP BY ALL
),
-- All types of areas
areas AS (
    SELECT 'county' AS component_type, vintage, geoid, any_value(name) AS name, max(population) AS population
    FROM counties LEFT JOIN county_names USING (geoid) GROUP BY ALL
    UNION ALL
    SELECT 'place', places.vintage, places.geoid, coalesce(own.name, any_name.name), population
    FROM places
    LEFT JOIN place_names AS own USING (vintage, geoid)
    LEFT JOIN (SELECT geoid, max(name) AS name FROM place_names GROUP BY geoid) AS any_name ON any_name.geoid = places.geoid
    UNION ALL
    SELECT 'puma', CASE crosswalk_period WHEN '2022' THEN '2020' ELSE '2010' END, statefip || puma, NULL, round(sum(population))::BIGINT
    FROM puma_to_county GROUP BY ALL
    UNION ALL
    SELECT 'tract', vintage, code, NULL, population FROM tract_code LEFT JOIN tract USING (vintage, tract_geoid)
    UNION ALL
    SELECT 'zcta', '2010', zcta, NULL, any_value(zcta_population) FROM zcta_county GROUP BY zcta
    UNION ALL
    SELECT 'town', '2020', geoid, any_value(town_name), sum(population)::BIGINT
    FROM (SELECT tract_2020, town_name, unnest([town_2020, town_2022]) AS geoid FROM connecticut_tract)
    LEFT JOIN tract ON vintage = '2020' AND tract_geoid = tract_2020
    GROUP BY geoid
)
SELECT component_type, vintage, geoid, name, postal, state_name, population
FROM areas
LEFT JOIN state_code ON component_type <> 'zcta' AND state = geoid[:2]
WHERE component_type = 'zcta' OR geoid[:2] <> '72'
ORDER BY component_type, geoid, vintage
