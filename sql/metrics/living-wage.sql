-- Jobs paying a living wage: average weekly wage over 40 hours of the hourly living wage (card living-wage, section 3).
-- The published pipeline holds the living wage and the ratio in single precision (FLOAT) and prints seven digits.
WITH
-- Hourly living wage of one adult with two children
living_wage AS (
    SELECT state || county AS geoid, hourly_wage::FLOAT AS hourly_wage
    FROM mit_living_wage
    WHERE adults = '1 Adult' AND children = '2 Children'
),
-- The same in dollars of the year (CPI-U of the year over that of the wage's dollars)
living_wage_of_year AS (
    SELECT geoid, hourly_wage,
           (hourly_wage * getvariable('price_index') / getvariable('wage_price_index'))::FLOAT AS hourly_wage_of_year
    FROM living_wage
),
-- Pay and living wage side by side; the overall value is deflated, the industries as the method's rule says
pay_and_living_wage AS (
    SELECT geoid, families.subgroup_type, industry AS subgroup, average_weekly_wage, establishments, undisclosed,
           (40 * CASE WHEN families.subgroup_type = 'all' OR getvariable('rule_industry_not_deflated')
                      THEN hourly_wage_of_year ELSE hourly_wage END)::FLOAT AS weekly_living_wage
    FROM living_wage_of_year
    JOIN qcew_county_industry ON state || county = geoid
    JOIN (VALUES ('all'), ('industry')) AS families(subgroup_type)
      ON families.subgroup_type = 'industry' OR industry = 'All'
),
-- Ratio; industries that BLS does not disclose are suppressed, the overall value only if the method's rule says so
ratios AS (
    SELECT *,
           undisclosed AND (subgroup_type = 'industry' OR getvariable('rule_undisclosed_total')) AS suppressed,
           (average_weekly_wage / weekly_living_wage::DOUBLE)::FLOAT AS ratio
    FROM pay_and_living_wage
),
-- Every county of the year and every subgroup, also those without a value
grid AS (
    SELECT geoid, 'all' AS subgroup_type, 'All' AS subgroup FROM universe WHERE year = getvariable('year')
    UNION ALL
    SELECT geoid, 'industry', qcew_industry_label(code)
    FROM universe, range(1, 9) AS codes(code)
    WHERE year = getvariable('year')
)
-- Quality: 1 from 30 establishments, 3 below, NULL where the ratio is
SELECT 'ratio_living_wage' AS measure,
       geoid, subgroup_type, subgroup,
       CASE WHEN NOT suppressed THEN ratio::DOUBLE END AS value,
       CASE WHEN NOT suppressed AND ratio IS NOT NULL THEN CASE WHEN establishments >= 30 THEN 1 ELSE 3 END END AS quality,
       CASE WHEN NOT suppressed THEN average_weekly_wage END AS numerator,
       CASE WHEN NOT suppressed THEN weekly_living_wage::DOUBLE END AS denominator,
       CASE WHEN NOT suppressed THEN establishments END AS sample_size,
       CASE WHEN suppressed THEN 'suppressed: not disclosed by BLS'
            WHEN ratio IS NULL THEN 'no pay or no living wage for this county' END AS note
FROM grid
LEFT JOIN ratios USING (geoid, subgroup_type, subgroup)
