-- Residents per primary care physician (card primary-care-access, sections 3 and 8).
WITH
-- Physicians by county: of the agency's files, else of County Health Rankings, else those that the published ratios imply
physicians AS (
    SELECT geoid, physicians, population FROM ahrf_physicians WHERE year = getvariable('year')
    UNION ALL
    SELECT geoid, physicians, NULL FROM rankings WHERE NOT EXISTS (FROM ahrf_physicians)
    UNION ALL
    SELECT geoid, physicians, population
    FROM implied_physicians
    WHERE year = getvariable('year') AND NOT EXISTS (FROM ahrf_physicians) AND NOT EXISTS (FROM rankings)
),
-- Counties of the list of the year with their residents
counties AS (
    SELECT universe.geoid, coalesce(universe.population, latest_universe.population) AS population
    FROM universe
    LEFT JOIN latest_universe USING (year, geoid)
    WHERE year = getvariable('year')
),
-- The source has codes before their time: a county that the list has under its former code
code_of_the_list AS (
    SELECT new_geoid AS geoid, any_value(old_geoid) AS listed
    FROM county_code_change
    WHERE first_year > getvariable('year') AND old_geoid IN (SELECT geoid FROM counties)
      AND new_geoid NOT IN (SELECT geoid FROM counties)
      AND old_geoid IN (SELECT old_geoid FROM county_code_change GROUP BY 1 HAVING count(*) = 1)
    GROUP BY 1
),
-- Physicians under the code of the list
listed AS (
    SELECT coalesce(listed, geoid) AS geoid, physicians, population AS source_population
    FROM physicians
    LEFT JOIN code_of_the_list USING (geoid)
    WHERE geoid NOT LIKE '09%' OR getvariable('year') < getvariable('without_connecticut_from')
),
-- Every county with its physicians; residents of the list's file, else of the source
joined AS (
    SELECT geoid, physicians, coalesce(counties.population, source_population) AS residents
    FROM counties
    LEFT JOIN listed USING (geoid)
),
-- Ratio, rounded half to even; none is a false zero where many people live
ratios AS (
    SELECT *,
           CASE WHEN physicians > 0 THEN round_half_even(residents / physicians, 0)
                WHEN physicians = 0 AND residents <= getvariable('zero_up_to') AND getvariable('rule_no_physician_as_zero') THEN 0
           END AS ratio
    FROM joined
),
-- How much one more physician changes the ratio
sensitivity AS (
    SELECT *, abs(residents / (physicians + 1) - ratio) / nullif(ratio, 0) AS change FROM ratios
)
SELECT 'ratio_population_pc_physician' AS measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       ratio AS value,
       CASE WHEN ratio IS NULL THEN NULL WHEN ratio = 0 THEN 3
            WHEN change < 0.2::DOUBLE THEN 1 WHEN change < 0.4::DOUBLE THEN 2 WHEN change < 0.6::DOUBLE THEN 3 END AS quality,
       CASE WHEN ratio IS NOT NULL THEN residents END AS numerator,
       CASE WHEN ratio IS NOT NULL THEN physicians END AS denominator,
       CASE WHEN ratio IS NOT NULL THEN NULL
            WHEN physicians IS NULL THEN 'no count of physicians for this county'
            WHEN residents IS NULL THEN 'no population'
            WHEN residents > getvariable('zero_up_to') THEN 'suppressed: no physician for more than 2,000 residents'
            ELSE 'no physician' END AS note
FROM sensitivity
