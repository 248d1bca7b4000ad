-- Jobs paying a living wage: average weekly wage over 40 hours of the hourly living wage (card living-wage, section 3).
-- The published pipeline holds the living wage and the ratio in single precision (FLOAT) and prints seven digits.
WITH
-- Hourly living wage of one adult with two children
listed_wage AS (
    SELECT state || county AS geoid, hourly_wage
    FROM mit_living_wage
    WHERE adults = '1 Adult' AND children = '2 Children'
),
-- A county that is listed under the code it had before or has had since: the living wage of that code
wage_of_other_code AS (
    SELECT geoid, avg(hourly_wage ORDER BY listed) AS hourly_wage
    FROM (SELECT new_geoid AS geoid, old_geoid AS listed FROM county_code_change
          UNION ALL
          SELECT old_geoid, new_geoid FROM county_code_change) AS codes
    JOIN (SELECT geoid AS listed, hourly_wage FROM listed_wage) USING (listed)
    WHERE NOT getvariable('rule_county_list_of_the_scrape')
    GROUP BY geoid
),
-- Counties of the list, and those of the list under another code only where the method's rule says so
living_wage AS (
    SELECT geoid, hourly_wage::FLOAT AS hourly_wage FROM listed_wage
    UNION ALL
    SELECT geoid, hourly_wage::FLOAT FROM wage_of_other_code ANTI JOIN listed_wage USING (geoid)
),
-- CPI-U of the year, and of the dollars that the wages are in
price_index AS (
    SELECT max(price_index) FILTER (WHERE period = getvariable('year')::VARCHAR) AS index_of_year,
           max(price_index) FILTER (WHERE period = getvariable('wage_dollars')) AS index_of_wage
    FROM consumer_price_index
),
-- The living wage in dollars of the year; a wage that is in them already stays as it is
living_wage_of_year AS (
    SELECT geoid, hourly_wage,
           CASE WHEN getvariable('wage_dollars') = getvariable('year')::VARCHAR THEN hourly_wage
                ELSE (hourly_wage * index_of_year / index_of_wage)::FLOAT END AS hourly_wage_of_year
    FROM living_wage, price_index
),
-- Pay of an industry: the BLS rows together (two for Professional Services and Leisure and Other, three for Public
-- Administration, one for the rest). A wage that is not disclosed is 0 in the rows.
pay AS (
    SELECT state || county AS geoid, industry,
           avg(average_weekly_wage) FILTER (WHERE counts) AS mean_wage,
           sum(total_wages) FILTER (WHERE counts) / (52 * sum(employment) FILTER (WHERE counts)) AS wage_per_job,
           (count(*) FILTER (WHERE counts) > 1 OR bool_or(industry_code IS NULL))
               AND NOT getvariable('rule_unweighted_group_wage') AS weighted,
           sum(establishments)::BIGINT AS establishments,
           bool_or(undisclosed) AS partly_undisclosed,
           CASE WHEN getvariable('rule_group_suppressed_by_one_row') THEN bool_or(undisclosed)
                ELSE bool_and(undisclosed) END AS undisclosed
    FROM (SELECT *, getvariable('rule_group_suppressed_by_one_row') OR NOT undisclosed OR industry = 'All' AS counts
          FROM qcew_county_industry)
    GROUP BY ALL
),
-- Average wage: the mean of the rows, or wages over jobs where the method's rule says so and the input has jobs
average_pay AS (
    SELECT *, CASE WHEN weighted THEN coalesce(wage_per_job, mean_wage) ELSE mean_wage END AS average_weekly_wage,
           CASE WHEN weighted AND wage_per_job IS NULL THEN 'unweighted mean: no employment in the input'
                WHEN partly_undisclosed AND NOT undisclosed THEN 'without BLS rows that are not disclosed' END AS remark
    FROM pay
),
-- Pay and living wage side by side; the overall value is deflated, the industries as the method's rule says
pay_and_living_wage AS (
    SELECT geoid, families.subgroup_type, industry AS subgroup, average_weekly_wage, establishments, undisclosed, remark,
           (40 * CASE WHEN families.subgroup_type = 'industry' AND getvariable('rule_industry_not_deflated')
                      THEN hourly_wage ELSE hourly_wage_of_year END)::FLOAT AS weekly_living_wage
    FROM living_wage_of_year
    JOIN average_pay USING (geoid)
    JOIN (VALUES ('all'), ('industry')) AS families(subgroup_type)
      ON families.subgroup_type = 'industry' OR industry = 'All'
),
-- Ratio; industries that BLS does not disclose are suppressed, the overall value as the method's rule says
ratios AS (
    SELECT *,
           undisclosed AND (subgroup_type = 'industry' OR NOT getvariable('rule_undisclosed_total')) AS suppressed,
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
            WHEN ratio IS NULL THEN 'no pay or no living wage for this county'
            ELSE remark END AS note
FROM grid
LEFT JOIN ratios USING (geoid, subgroup_type, subgroup)
