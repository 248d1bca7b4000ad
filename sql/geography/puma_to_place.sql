-- PUMA to place (card geography-crosswalks, section 3.2).
WITH
-- The list of places: 486, those of 2021
places AS (
    SELECT state, place, state_name, place_name, row_number() OVER (ORDER BY geoid) AS list_order
    FROM place_universe
    WHERE year = 2021
),
-- Geocorr rows of listed places with a share of their PUMA above zero (it rounds to four decimals)
listed AS (
    SELECT places.*, puma, population::DOUBLE AS population, afact, afact2, raw_line,
           CASE vintage WHEN '2022' THEN '2022' ELSE 'pre-2022' END AS crosswalk_period
    FROM places
    JOIN geocorr_puma_place ON geocorr_puma_place.statefip = places.state AND geocorr_puma_place.place = places.place
    WHERE afact > 0
),
-- Share of the place in the PUMA; that of Geocorr 2018 is taken over all places with the same code in the country
shared AS (
    SELECT * REPLACE (CASE WHEN crosswalk_period = '2022' OR getvariable('rule_place_allocation_factor') THEN afact2
                           ELSE population / sum(population) OVER (PARTITION BY crosswalk_period, state, place) END AS afact2)
    FROM listed
),
-- Share of a place's records that truly come from it: sum over its PUMAs of afact times afact2
allocated AS (
    SELECT *,
           afact * afact2 AS products,
           sum(afact * afact2) OVER place_rows AS sum_products,
           sum(population) OVER place_rows AS place_pop
    FROM shared
    WINDOW place_rows AS (PARTITION BY crosswalk_period, state, place ORDER BY raw_line
                          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
SELECT state || place AS geoid, state AS statefip, place, state_name, place_name, puma, population, afact, afact2,
       products, sum_products, place_pop, allocation_quality(sum_products) AS geographic_allocation_quality,
       crosswalk_period
FROM allocated
ORDER BY crosswalk_period, list_order, raw_line
