-- PUMA to county (card geography-crosswalks, section 3.1).
WITH
-- Period 2022: 2020 PUMAs to 2020 counties, Connecticut to its planning regions
period_2022 AS (
    SELECT statefip, puma, county, population::DOUBLE AS population, afact, afact2, '2022' AS crosswalk_period
    FROM geocorr_puma_county
    WHERE vintage = '2022' AND statefip <> '09'
    UNION ALL
    SELECT statefip, puma, county, population::DOUBLE, afact, afact2, '2022'
    FROM geocorr_puma_planning_region
),
-- 2020 shares of PUMA 00300 that lie in Chugach (063) and Copper River (066), the parts of Valdez-Cordova (261)
alaska_split AS (
    SELECT county AS new_county, afact AS new_afact, sum(afact) OVER () AS total_afact
    FROM geocorr_puma_county
    WHERE vintage = '2022' AND statefip = '02' AND puma = '00300' AND county IN ('063', '066')
),
-- Period pre-2022: 2012 PUMAs to 2014 counties, with the codes that are valid in later years
period_pre_2022 AS (
    SELECT statefip, puma,
           CASE WHEN statefip = '02' AND county = '270' THEN '158'
                WHEN statefip = '46' AND county = '113' THEN '102'
                ELSE county END AS county,
           population::DOUBLE AS population, afact, afact2, 'pre-2022' AS crosswalk_period
    FROM geocorr_puma_county
    WHERE vintage = '2018' AND NOT (statefip = '02' AND county = '261')
    UNION ALL
    SELECT statefip, puma, new_county, population * new_afact / total_afact, afact * new_afact / total_afact, afact2,
           'pre-2022'
    FROM geocorr_puma_county, alaska_split
    WHERE vintage = '2018' AND statefip = '02' AND county = '261'
),
-- Share of a county's records that truly come from it: sum over its PUMAs of afact times afact2
allocated AS (
    SELECT *,
           afact * afact2 AS products,
           sum(afact * afact2) OVER county_rows AS sum_products,
           sum(population) OVER county_rows AS county_pop
    FROM (SELECT * FROM period_2022 UNION ALL SELECT * FROM period_pre_2022)
    WHERE afact > 0
    WINDOW county_rows AS (PARTITION BY crosswalk_period, statefip, county ORDER BY puma
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
SELECT statefip || county AS geoid, statefip, puma, county, population, afact, afact2, products, sum_products,
       county_pop, allocation_quality(sum_products) AS geographic_allocation_quality, crosswalk_period
FROM allocated
ORDER BY crosswalk_period, statefip, county, puma
