-- Legacy PUMA to county tables (card geography-crosswalks, section 3.6): the size flag marks areas below the first
-- quartile of population, taken over rows and not over areas.
WITH
-- 2010: as in the current table; 2020: Geocorr with the eight counties of Connecticut
listed AS (
    SELECT 2010 AS census, statefip, puma, county, population, afact, afact2
    FROM puma_to_county
    WHERE crosswalk_period = 'pre-2022'
    UNION ALL
    SELECT 2020, statefip, puma, county, population::DOUBLE, afact, afact2
    FROM geocorr_puma_county
    WHERE afact > 0
),
-- Allocation quality as in the current tables
allocated AS (
    SELECT *,
           afact * afact2 AS products,
           sum(afact * afact2) OVER area_rows AS sum_products,
           sum(population) OVER area_rows AS county_pop
    FROM listed
    WINDOW area_rows AS (PARTITION BY census, statefip, county ORDER BY puma
                         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
-- First quartile over rows (type 7), per census
quartiles AS (
    SELECT census, quantile_cont(county_pop, 0.25) AS first_quartile
    FROM allocated
    GROUP BY census
)
SELECT census::SMALLINT AS census, statefip, puma, county, population, afact, afact2, products, sum_products,
       county_pop,
       allocation_quality(sum_products) AS puma_flag,
       (county_pop < first_quartile)::TINYINT AS size_flag,
       CASE WHEN county_pop < first_quartile THEN 3 ELSE allocation_quality(sum_products) END::TINYINT
           AS geographic_allocation_quality
FROM allocated
JOIN quartiles USING (census)
ORDER BY census, statefip, county, puma
