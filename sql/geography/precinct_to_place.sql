-- Part of each precinct's area that lies in a place of the year. Votes are taken to be spread evenly over a precinct, and those
-- outside of all listed places are not given to any. The states of the precincts are those at hand.
WITH
-- Places of the list of the year
places AS (
    SELECT place_boundary.* FROM place_boundary JOIN universe USING (geoid) WHERE year = getvariable('year')
),
-- Precincts with a shape
precincts AS (
    SELECT state, precinct, votes, area, bounds, geometry
    FROM precinct
    JOIN state_code USING (postal)
    WHERE area > 0
),
-- Precincts and places whose bounding boxes meet
neighbours AS (
    SELECT state, precinct, votes, precincts.area, geoid AS place_geoid,
           overlap_area(precincts.geometry, places.geometry) AS shared_area
    FROM precincts
    JOIN places ON precincts.bounds[1] <= places.bounds[3] AND precincts.bounds[3] >= places.bounds[1]
               AND precincts.bounds[2] <= places.bounds[4] AND precincts.bounds[4] >= places.bounds[2]
)
SELECT state, precinct, votes, place_geoid, shared_area / area AS share_of_precinct
FROM neighbours
WHERE shared_area > 0
ORDER BY state, precinct, place_geoid
