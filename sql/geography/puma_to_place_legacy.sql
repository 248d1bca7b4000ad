-- Legacy PUMA to place tables (card geography-crosswalks, section 3.6): the size flag marks areas below the first
-- quartile of population, taken over rows and not over areas.
WITH
-- Both census vintages as Geocorr gives them
listed AS (
    SELECT CASE vintage WHEN '2018' THEN 2010 ELSE 2020 END AS census, statefip, puma, geocorr_puma_place.place,
           geocorr_puma_place.population::DOUBLE AS population, afact, afact2
    FROM geocorr_puma_place
    JOIN place_universe ON place_universe.state = statefip AND place_universe.place = geocorr_puma_place.place AND year = 2021
    WHERE afact > 0
),
-- Allocation quality as in the current tables
allocated AS (
    SELECT *,
           afact * afact2 AS products,
           sum(afact * afact2) OVER area_rows AS sum_products,
           sum(population) OVER area_rows AS place_pop
    FROM listed
    WINDOW area_rows AS (PARTITION BY census, statefip, place ORDER BY puma
                         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
-- First quartile over rows (type 7), per census
quartiles AS (
    SELECT census, quantile_cont(place_pop, 0.25) AS first_quartile
    FROM allocated
    GROUP BY census
)
SELECT census::SMALLINT AS census, statefip, puma, place, population, afact, afact2, products, sum_products,
       place_pop,
       allocation_quality(sum_products) AS puma_flag,
       (place_pop < first_quartile)::TINYINT AS size_flag,
       CASE WHEN place_pop < first_quartile THEN 3 ELSE allocation_quality(sum_products) END::TINYINT
           AS geographic_allocation_quality
FROM allocated
JOIN quartiles USING (census)
ORDER BY census, statefip, place, puma
