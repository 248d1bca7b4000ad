-- Jobs paying a living wage, edition 2026 (card version-2026, section 5): average weekly wage over 40 hours of the hourly
-- living wage, all in double precision, the industries deflated like the overall value.
WITH
-- Hourly living wage of one adult with two children
living_wage AS (
    SELECT state || county AS geoid, hourly_wage
    FROM mit_living_wage
    WHERE adults = '1 Adult' AND children = '2 Children'
),
-- CPI-U of the year and of the dollars that the wages are taken to be in, and the two periods of the first price factor
price_index AS (
    SELECT max(price_index) FILTER (WHERE period = getvariable('year')::VARCHAR) AS index_of_year,
           max(price_index) FILTER (WHERE period = getvariable('wage_dollars')) AS index_of_wage,
           max(price_index) FILTER (WHERE period = getvariable('first_factor_from')) AS index_from,
           max(price_index) FILTER (WHERE period = getvariable('first_factor_to')) AS index_to
    FROM consumer_price_index
),
-- The first price factor, of the years that have one (quirk price-factor-inverted)
raised_wage AS (
    SELECT geoid,
           CASE WHEN getvariable('first_factor_from') IS NULL THEN hourly_wage
                ELSE hourly_wage * (index_to / index_from) END AS hourly_wage
    FROM living_wage, price_index
),
-- The living wage in dollars of the year; a wage that is in them already stays as it is
living_wage_of_year AS (
    SELECT geoid,
           CASE WHEN getvariable('wage_dollars') = getvariable('year')::VARCHAR THEN hourly_wage
                ELSE hourly_wage * index_of_year / index_of_wage END AS hourly_wage
    FROM raised_wage, price_index
),
-- Pay of an industry: unweighted mean over its BLS rows. BLS shows 0 where it does not disclose; one such row leaves the
-- industry without a wage, one row without establishments leaves it without their number
pay AS (
    SELECT state || county AS geoid, industry,
           CASE WHEN NOT bool_or(undisclosed OR average_weekly_wage = 0) THEN avg(average_weekly_wage) END
               AS average_weekly_wage,
           CASE WHEN NOT bool_or(establishments = 0) THEN sum(establishments)::BIGINT END AS establishments
    FROM qcew_county_industry
    GROUP BY ALL
),
-- Ratio of pay to the living wage of 40 hours; the total is both the overall value and the industry All
ratios AS (
    SELECT geoid, subgroup_type, industry AS subgroup, average_weekly_wage, establishments,
           40 * hourly_wage AS weekly_living_wage, average_weekly_wage / (40 * hourly_wage) AS ratio
    FROM living_wage_of_year
    JOIN pay USING (geoid)
    JOIN (VALUES ('all'), ('industry')) AS families(subgroup_type) ON subgroup_type = 'industry' OR industry = 'All'
),
-- Counties of the year
counties AS (
    SELECT geoid FROM universe WHERE year = getvariable('year')
),
-- Every county and every subgroup, also those without a value
grid AS (
    SELECT geoid, 'all' AS subgroup_type, 'All' AS subgroup FROM counties
    UNION ALL
    SELECT geoid, 'industry', qcew_industry_label(code) FROM counties, range(1, 9) AS codes(code)
)
-- Quality: 1 from 30 establishments, 3 below, also where the wage is not disclosed (quirk flag-without-value)
SELECT 'ratio_living_wage' AS measure,
       geoid, subgroup_type, subgroup,
       ratio AS value,
       CASE WHEN establishments >= 30 THEN 1 WHEN establishments < 30 THEN 3 END AS quality,
       CASE WHEN ratio IS NOT NULL THEN average_weekly_wage END AS numerator,
       CASE WHEN ratio IS NOT NULL THEN weekly_living_wage END AS denominator,
       CASE WHEN ratio IS NOT NULL THEN establishments END AS sample_size,
       CASE WHEN ratio IS NOT NULL THEN NULL
            WHEN weekly_living_wage IS NOT NULL THEN 'suppressed: not disclosed by BLS'
            ELSE 'no pay or no living wage for this county' END AS note
FROM grid
LEFT JOIN ratios USING (geoid, subgroup_type, subgroup)
