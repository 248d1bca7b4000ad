-- Tracts of one census in tracts of the other. The relationship file has the land that two tracts share; residents are taken to
-- be spread evenly over the land of the tract that is given.
WITH
-- Parts with their share of either tract, within a state: its lines did not move, what lies across is a sliver. A part of water alone counts where a tract has no land
parts AS (
    SELECT tract_2010, tract_2020,
           CASE WHEN land_2010 > 0 THEN land ELSE water END / nullif(CASE WHEN land_2010 > 0 THEN land_2010 ELSE sum(water) OVER (PARTITION BY tract_2010)::BIGINT END, 0) AS of_2010,
           CASE WHEN land_2020 > 0 THEN land ELSE water END / nullif(CASE WHEN land_2020 > 0 THEN land_2020 ELSE sum(water) OVER (PARTITION BY tract_2020)::BIGINT END, 0) AS of_2020
    FROM tract_relationship
    WHERE tract_2010[:2] = tract_2020[:2]
),
-- Residents of each part by the tract that is given
residents AS (
    SELECT '2010' AS vintage, tract_2010 AS tract_geoid, '2020' AS other_vintage, tract_2020 AS other_tract,
           of_2010 * population AS residents, of_2020 AS share_of_land
    FROM parts JOIN tract ON vintage = '2010' AND tract_geoid = tract_2010
    UNION ALL
    SELECT '2020', tract_2020, '2010', tract_2010, of_2020 * population, of_2010
    FROM parts JOIN tract ON vintage = '2020' AND tract_geoid = tract_2020
),
-- Residents of all parts of the other tract
totals AS (
    SELECT other_vintage, other_tract, sum(residents ORDER BY tract_geoid) AS all_residents FROM residents GROUP BY ALL
),
-- Share of the other tract, with four decimals as Geocorr: slivers along a boundary vanish
shares AS (
    SELECT vintage, tract_geoid, other_vintage, other_tract,
           round(CASE WHEN all_residents > 0 THEN residents / all_residents ELSE share_of_land END, 4) AS share
    FROM residents
    JOIN totals USING (other_vintage, other_tract)
)
FROM shares
WHERE share > 0
ORDER BY vintage, tract_geoid, other_tract
