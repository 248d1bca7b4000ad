-- Part of each 2010 ZCTA's area that lies in a place of 2021 (card social-capital, section B2). The publisher intersected them in
-- a geographic information system; where its table is not at hand it is made here, which should be close but not equal.
WITH
-- Places that are on a list of any year
places AS (
    SELECT place_boundary.* FROM place_boundary SEMI JOIN universe USING (geoid)
),
-- ZCTAs and places whose bounding boxes meet
neighbours AS (
    SELECT zcta, geoid AS place_geoid, zctas.area, overlap_area(zctas.geometry, places.geometry) AS shared_area
    FROM zcta_boundary AS zctas
    JOIN places ON zctas.bounds[1] <= places.bounds[3] AND zctas.bounds[3] >= places.bounds[1]
               AND zctas.bounds[2] <= places.bounds[4] AND zctas.bounds[4] >= places.bounds[2]
    WHERE zctas.area > 0
),
-- A ZCTA that lies wholly inside has part 1: intersecting leaves an error in the last digits
intersected AS (
    SELECT zcta, place_geoid, least(round(shared_area / area, 12), 1) AS share_of_zcta
    FROM neighbours
    WHERE shared_area > 0
)
SELECT * FROM overlay
UNION ALL
SELECT * FROM intersected WHERE NOT EXISTS (FROM overlay)
ORDER BY zcta, place_geoid
