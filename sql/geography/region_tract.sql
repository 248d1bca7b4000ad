-- Tracts of both censuses in each region. A part whose code one census does not have is brought over from the other.
WITH
-- Parts, each once
parts AS (
    SELECT row_number() OVER (ORDER BY region, component_type, component_geoid, vintage) AS part, *
    FROM (SELECT region, component_type, component_geoid, vintage, shape, sum(weight)::DOUBLE AS weight FROM component GROUP BY ALL)
),
-- Tracts of counties, under any code that the county has had
by_county AS (
    SELECT DISTINCT part, tract_code.vintage, tract_geoid, weight AS share
    FROM parts JOIN tract_code ON component_type = 'county' AND component_geoid = code[:5]
),
-- Tracts, by any of their codes
by_code AS (
    SELECT DISTINCT part, tract_code.vintage, tract_geoid, weight
    FROM parts JOIN tract_code ON component_type = 'tract' AND component_geoid = code
),
-- Tracts of PUMAs
by_puma AS (
    SELECT part, tract.vintage, tract_geoid, weight FROM parts JOIN tract ON component_type = 'puma' AND component_geoid = statefip || puma
),
-- Tracts of Connecticut's towns
by_town AS (
    SELECT part, '2020', tract_2020, weight
    FROM parts JOIN connecticut_tract ON component_type = 'town' AND component_geoid IN (town_2020, town_2022)
),
-- Parts of tracts in places: places of 2014 for tracts of 2010, those of 2020 for tracts of 2020
by_place AS (
    SELECT part, codes.vintage, codes.tract_geoid, weight * afact
    FROM parts
    JOIN geocorr_tract_place AS listed ON component_type = 'place' AND component_geoid = county[:2] || place
    JOIN tract_code AS codes ON codes.vintage = CASE listed.vintage WHEN '2018' THEN '2010' ELSE '2020' END AND code = county || tract
),
-- A ZCTA is taken to be an even part of its counties: the relationship file tells no more
by_zcta AS (
    SELECT DISTINCT part, tract_code.vintage, tract_geoid, weight * population / county_population
    FROM parts
    JOIN zcta_county ON component_type = 'zcta' AND component_geoid = zcta
    JOIN tract_code ON code[:5] = county_geoid AND tract_code.vintage = '2010'
    WHERE population > 0
),
-- Tracts around each polygon
around AS (
    SELECT part, tract.vintage, any_value(weight) AS weight, any_value(shape) AS shape, list(tract_geoid ORDER BY tract_geoid) AS tracts,
           list(longitude ORDER BY tract_geoid) AS longitudes, list(latitude ORDER BY tract_geoid) AS latitudes
    FROM (SELECT *, shape_bounds(from_hex(shape)) AS bounds FROM parts WHERE component_type = 'polygon')
    JOIN tract ON longitude BETWEEN bounds[1] AND bounds[3] AND latitude BETWEEN bounds[2] AND bounds[4]
    GROUP BY ALL
),
-- Tracts whose center of population lies in the polygon
by_shape AS (
    SELECT part, vintage, pair[1] AS tract_geoid, weight
    FROM (SELECT part, vintage, weight, unnest(list_zip(tracts, shape_holds(from_hex(shape), longitudes, latitudes))) AS pair FROM around)
    WHERE pair[2]
),
-- Tracts in the census of the part's code, or in both where the code is one of both
found AS (
    SELECT part, found.vintage, tract_geoid, share
    FROM (FROM by_county UNION ALL FROM by_code UNION ALL FROM by_puma UNION ALL FROM by_town UNION ALL FROM by_place UNION ALL FROM by_zcta
          UNION ALL FROM by_shape) AS found
    JOIN parts USING (part)
    WHERE parts.vintage IS NULL OR parts.vintage = found.vintage
),
-- Parts that the other census does not have
bridged AS (
    SELECT part, other_vintage AS vintage, other_tract AS tract_geoid, sum(found.share * tract_bridge.share ORDER BY tract_geoid) AS share
    FROM found
    JOIN tract_bridge USING (vintage, tract_geoid)
    ANTI JOIN (SELECT DISTINCT part, vintage FROM found) AS known ON known.part = found.part AND known.vintage = other_vintage
    GROUP BY ALL
),
-- Tracts of both censuses, the part of each that lies in the region
tracts AS (
    SELECT region, component_type, component_geoid, vintage, tract_geoid, share
    FROM (FROM found UNION ALL FROM bridged) AS located
    JOIN (SELECT part, region, component_type, component_geoid FROM parts) USING (part)
)
SELECT region AS geoid, component_type AS part_type, coalesce(component_geoid, '') AS part_geoid, vintage, tract_geoid,
       sum(share)::DECIMAL(18, 15) AS share
FROM tracts
GROUP BY ALL
ORDER BY geoid, part_type, part_geoid, vintage, tract_geoid
