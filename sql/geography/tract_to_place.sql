-- Tract to place (card geography-crosswalks, section 3.4).
WITH
-- Tracts with people in the places that are listed in the year
listed AS (
    SELECT county || tract AS geocorr_tract_geoid, place_universe.geoid, afact
    FROM geocorr
    JOIN place_universe ON year = getvariable('year') AND place_universe.geoid = county[:2] || geocorr.place
),
-- From 2022 on Connecticut's tracts lie in planning regions; Geocorr keeps the counties
regions AS (
    SELECT state || county_2020 || tract AS geocorr_tract_geoid, state || county || tract AS region_tract_geoid
    FROM tract_planning_region
    WHERE getvariable('year') >= 2022
)
SELECT coalesce(region_tract_geoid, geocorr_tract_geoid) AS tract_geoid, geoid, afact, geocorr_tract_geoid
FROM listed
LEFT JOIN regions USING (geocorr_tract_geoid)
ORDER BY tract_geoid, geoid
