-- Allocation of microdata to regions: what share of the records of a PUMA counts in each region, in both periods. Counties and
-- places come from the crosswalks, with their factors; PUMAs as they are; all else, and what one period does not have, by tract.
WITH
-- Parts, each once
parts AS (
    SELECT region, component_type, component_geoid, vintage, sum(weight)::DECIMAL(18, 15) AS weight
    FROM component
    GROUP BY ALL
),
-- Periods and the census behind each
periods(crosswalk_period, census) AS (
    VALUES ('pre-2022', '2010'), ('2022', '2020')
),
-- Residents of each PUMA
pumas AS (
    SELECT crosswalk_period, statefip, puma, sum(population ORDER BY county) AS puma_people FROM puma_to_county WHERE statefip <> '72' GROUP BY ALL
),
-- Parts of PUMAs in places of any size, with the share of the place
puma_to_any_place AS (
    SELECT CASE vintage WHEN '2022' THEN '2022' ELSE 'pre-2022' END AS crosswalk_period, statefip, puma, statefip || place AS geoid,
           population, afact, population / sum(population) OVER one_place AS afact2, sum(population) OVER one_place AS place_people
    FROM geocorr_puma_place
    WHERE afact > 0
    WINDOW one_place AS (PARTITION BY vintage, statefip, place)
),
-- Counties and places by their crosswalk: factor, people in common, share of the area, people of the area
of_areas AS (
    SELECT region, component_type, component_geoid, crosswalk_period, statefip, puma, weight * afact::DECIMAL(18, 15) AS afact,
           weight::DOUBLE * population AS people, afact2, weight::DOUBLE * county_pop AS area_people
    FROM parts JOIN puma_to_county ON component_type = 'county' AND component_geoid = geoid JOIN periods USING (crosswalk_period)
    WHERE statefip <> '72' AND coalesce(vintage, census) = census
    UNION ALL
    SELECT region, component_type, component_geoid, crosswalk_period, statefip, puma, weight * afact::DECIMAL(18, 15),
           weight::DOUBLE * population, afact2, weight::DOUBLE * place_people
    FROM parts JOIN puma_to_any_place ON component_type = 'place' AND component_geoid = geoid JOIN periods USING (crosswalk_period)
    WHERE statefip <> '72' AND coalesce(vintage, census) = census
),
-- PUMAs of the period
of_pumas AS (
    SELECT region, component_type, component_geoid, crosswalk_period, statefip, puma, weight::DECIMAL(38, 30) AS afact,
           weight::DOUBLE * puma_people AS people, 1::DOUBLE AS afact2, weight::DOUBLE * puma_people AS area_people
    FROM parts
    JOIN pumas ON component_type = 'puma' AND component_geoid = statefip || puma
    JOIN periods USING (crosswalk_period)
    WHERE coalesce(vintage, census) = census
),
-- What the period has of its own
own AS (
    FROM of_areas UNION ALL FROM of_pumas
),
-- All other parts: people of the part's tracts in each PUMA
of_tracts AS (
    SELECT geoid AS region, part_type AS component_type, part_geoid AS component_geoid, crosswalk_period, statefip, puma,
           sum(share::DOUBLE * population ORDER BY tract_geoid) AS people
    FROM region_tract
    JOIN tract USING (vintage, tract_geoid)
    JOIN periods ON census = vintage
    ANTI JOIN own ON own.region = geoid AND own.component_type = part_type AND own.component_geoid = part_geoid
                 AND own.crosswalk_period = periods.crosswalk_period
    WHERE population > 0 AND statefip <> '72'
    GROUP BY ALL
),
-- With the PUMA's factor, and the part's share
parts_of_pumas AS (
    FROM own
    UNION ALL
    SELECT of_tracts.* EXCLUDE (people), (people / puma_people)::DECIMAL(18, 15) AS afact, people,
           people / sum(people) OVER one_part AS afact2, sum(people) OVER one_part AS area_people
    FROM of_tracts
    JOIN pumas USING (crosswalk_period, statefip, puma)
    WHERE people > 0
    WINDOW one_part AS (PARTITION BY region, component_type, component_geoid, crosswalk_period ORDER BY statefip, puma
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
-- People of each region
region_people AS (
    SELECT region, crosswalk_period, sum(area_people ORDER BY component_type, component_geoid) AS region_people
    FROM (SELECT DISTINCT region, component_type, component_geoid, crosswalk_period, area_people FROM parts_of_pumas)
    GROUP BY ALL
),
-- Regions: a PUMA all of whose people are in the region is in it wholly, whatever its rounded factors add up to
region_pumas AS (
    SELECT region, crosswalk_period, statefip, puma,
           CASE WHEN abs(sum(people) - any_value(puma_people)) < 0.5 THEN 1 ELSE sum(afact) END::DECIMAL(18, 15) AS afact,
           sum(area_people * afact2 ORDER BY component_type, component_geoid) / any_value(region_people) AS afact2
    FROM parts_of_pumas
    JOIN pumas USING (crosswalk_period, statefip, puma)
    JOIN region_people USING (region, crosswalk_period)
    GROUP BY ALL
),
-- Parts of a region that have people in common: by their tracts
common_tracts AS (
    SELECT DISTINCT geoid AS region, part_type || ' ' || part_geoid AS part
    FROM region_tract
    SEMI JOIN (SELECT geoid, vintage, tract_geoid FROM region_tract GROUP BY ALL HAVING sum(share) > 1.0005) AS full_tracts
        USING (geoid, vintage, tract_geoid)
),
-- Counties and places, by their crosswalk
common_places AS (
    SELECT DISTINCT counties.region, unnest(['county ' || countyfip, 'place ' || state || place]) AS part
    FROM (FROM parts WHERE component_type = 'county') AS counties
    JOIN (FROM parts WHERE component_type = 'place') AS places ON places.region = counties.region
    JOIN (SELECT countyfip, state, place FROM geocorr_county_place WHERE population > 0
          UNION SELECT countyfip, state, place FROM geocorr_planning_region_place WHERE population > 0)
        ON countyfip = counties.component_geoid AND state || place = places.component_geoid
),
-- Places whose tracts are not known, and parts by tract in the same PUMA: whether they overlap cannot be told
doubtful AS (
    SELECT DISTINCT places.region, unnest(['place ' || places.component_geoid, others.component_type || ' ' || others.component_geoid]) AS part
    FROM (FROM parts_of_pumas WHERE component_type = 'place') AS places
    JOIN (FROM parts_of_pumas WHERE component_type IN ('tract', 'town', 'zcta')) AS others USING (region, crosswalk_period, statefip, puma)
    ANTI JOIN region_tract ON geoid = places.region AND part_type = 'place' AND part_geoid = places.component_geoid
),
-- All of them, by region
crowded AS (
    SELECT region, string_agg(DISTINCT part, ' and ' ORDER BY part) AS overlapping
    FROM (FROM common_tracts UNION FROM common_places UNION FROM doubtful)
    GROUP BY region
),
-- Share of the region's records that truly come from it: sum over its PUMAs of afact times afact2
allocated AS (
    SELECT *, sum(afact * afact2) OVER region_rows AS sum_products
    FROM (SELECT region_pumas.* REPLACE (CASE WHEN overlapping IS NOT NULL
                                 THEN error('Region ' || region || ' has parts that overlap, or of which nothing tells that they do not: ' || overlapping || '. Take one out.')
                                 WHEN afact > 1.001
                                 THEN error('Region ' || region || ' has parts that overlap in PUMA ' || statefip || puma || '. Take one out.')
                                 ELSE least(afact, 1) END::DECIMAL(18, 15) AS afact)
          FROM region_pumas LEFT JOIN crowded USING (region))
    WHERE afact > 0
    WINDOW region_rows AS (PARTITION BY crosswalk_period, region ORDER BY statefip, puma
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
-- Regions of which every part is known in the period; the others have no values in it
whole_regions AS (
    SELECT region, crosswalk_period
    FROM (SELECT DISTINCT region, coalesce(component_geoid, '') AS component_geoid, component_type FROM parts)
    CROSS JOIN periods
    LEFT JOIN (SELECT DISTINCT region, component_type, component_geoid, crosswalk_period, true AS is_known FROM parts_of_pumas)
        USING (region, component_type, component_geoid, crosswalk_period)
    GROUP BY ALL
    HAVING bool_and(coalesce(is_known, false))
),
-- A region with no period at all would have no values and no note
known_regions AS (
    SELECT CASE WHEN whole_regions.region IS NULL
                THEN error('Region ' || regions.region || ' has a part that no crosswalk at hand knows: mobility fetch census_geography mcdc_geocorr.')
                ELSE regions.region END AS region
    FROM (SELECT DISTINCT region FROM parts) AS regions
    LEFT JOIN (SELECT DISTINCT region FROM whole_regions) AS whole_regions ON whole_regions.region = regions.region
)
SELECT crosswalk_period, statefip, puma, region AS geoid, afact, sum_products,
       allocation_quality(sum_products) AS geographic_allocation_quality, NULL::VARCHAR AS identified_geoid
FROM allocated
JOIN known_regions USING (region)
SEMI JOIN whole_regions USING (region, crosswalk_period)
ORDER BY crosswalk_period, statefip, puma, geoid
