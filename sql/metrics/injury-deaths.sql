-- Deaths due to injury per 100,000 people (card injury-deaths, sections 3, 6, 7 and 8).
WITH
-- Counties of County Health Rankings, which shows counts from 10 on and rates without rounding: from 20 deaths on what CDC WONDER
-- would export, with its formulas of bounds (normal from 100 deaths on, exact Poisson below) and standard error
computed AS (
    SELECT geoid, injury_deaths AS deaths, injury_death_rate AS exact_rate,
           CASE WHEN injury_deaths >= 100
                THEN [injury_death_rate - 1.96 * injury_death_rate / sqrt(injury_deaths),
                      injury_death_rate + 1.96 * injury_death_rate / sqrt(injury_deaths)]
                ELSE list_transform(poisson_bounds(injury_deaths), lambda bound: injury_death_rate * bound / injury_deaths)
           END AS bounds
    FROM rankings
),
-- The same in the form of an export
computed_export AS (
    SELECT geoid, 'All' AS subgroup, deaths,
           CASE WHEN deaths >= getvariable('fewest_deaths') THEN round(exact_rate, 1) END AS rate,
           round(bounds[1], 1) AS lower, round(bounds[2], 1) AS upper,
           round(exact_rate / sqrt(deaths), 1) AS standard_error,
           CASE WHEN deaths < getvariable('fewest_deaths') THEN 'unreliable' WHEN deaths IS NULL THEN 'suppressed' END AS reason
    FROM computed
),
-- Rates of the best source at hand; a rate of 0 is one of no deaths
rates AS (
    SELECT geoid, subgroup, deaths, nullif(rate, 0) AS rate, lower, upper, standard_error,
           coalesce(reason, CASE WHEN rate = 0 THEN 'unreliable' END) AS reason
    FROM (FROM wonder
          UNION ALL BY NAME
          FROM computed_export WHERE NOT EXISTS (FROM wonder)
          UNION ALL BY NAME
          SELECT geoid, 'All' AS subgroup, rate, CASE WHEN rate IS NULL THEN 'suppressed' END AS reason
          FROM crude_rates
          WHERE NOT EXISTS (FROM wonder) AND NOT EXISTS (FROM rankings))
    WHERE subgroup = 'All' OR getvariable('year') >= getvariable('first_race_year')
),
-- Counties of the year's list
counties AS (
    SELECT geoid FROM universe WHERE year = coalesce(getvariable('universe_year'), getvariable('year'))
),
-- Code that a source may have -> code of the list: a code that ended and its successors, of which one has the county's own rate and
-- several have it in common, and the code that came later of a county that the list has under its former one
other_codes AS (
    SELECT CASE WHEN first_year <= getvariable('year') THEN old_geoid ELSE new_geoid END AS geoid,
           CASE WHEN first_year <= getvariable('year') THEN new_geoid ELSE old_geoid END AS listed, split
    FROM (SELECT *, count(*) OVER (PARTITION BY old_geoid) > 1 AS split FROM county_code_change)
    WHERE first_year <= getvariable('year') OR NOT split
),
-- Rates under the codes of the year
rates_by_code_of_the_year AS (
    SELECT geoid, subgroup, deaths, rate, lower, upper, standard_error, reason, false AS split
    FROM rates
    WHERE geoid IN (FROM counties)
    UNION ALL
    SELECT listed, subgroup, CASE WHEN NOT split THEN deaths END, rate, lower, upper,
           CASE WHEN NOT split THEN standard_error END, reason, split
    FROM rates
    JOIN other_codes USING (geoid)
    WHERE NOT split OR getvariable('rule_rate_of_a_split_area')
),
-- One rate for a county and a group: that of its own code where it has one
chosen AS (
    SELECT * FROM rates_by_code_of_the_year
    QUALIFY row_number() OVER (PARTITION BY geoid, subgroup ORDER BY rate IS NULL, split, rate) = 1
),
-- Every county and group of the year
grid AS (
    SELECT geoid, 'all' AS subgroup_type, 'All' AS subgroup FROM counties
    UNION ALL
    SELECT geoid, 'race-ethnicity', subgroup
    FROM counties, (VALUES ('Black, Non-Hispanic'), ('Hispanic'), ('Other Races and Ethnicities'), ('White, Non-Hispanic')) AS groups(subgroup)
    WHERE getvariable('year') >= getvariable('first_race_year')
)
SELECT 'rate_injury_death' AS measure, geoid, subgroup_type, subgroup,
       rate AS value,
       CASE WHEN rate IS NOT NULL THEN lower END AS lower,
       CASE WHEN rate IS NOT NULL THEN upper END AS upper,
       CASE WHEN rate IS NULL THEN NULL WHEN split THEN 3
            WHEN standard_error / rate < 0.2::DOUBLE THEN 1 WHEN standard_error / rate < 0.4::DOUBLE THEN 2
            WHEN standard_error IS NOT NULL THEN 3 END AS quality,
       CASE WHEN rate IS NOT NULL THEN standard_error END AS standard_error,
       CASE WHEN rate IS NOT NULL THEN deaths END AS numerator,
       CASE WHEN rate IS NOT NULL AND lower IS NULL THEN 'no bounds and no quality in the input'
            WHEN rate IS NOT NULL AND split THEN 'rate of the area that was split'
            WHEN rate IS NOT NULL THEN NULL
            WHEN reason = 'unreliable' THEN 'suppressed: fewer than 20 deaths'
            WHEN reason = 'suppressed' THEN 'suppressed: fewer than 10 deaths'
            WHEN chosen.geoid IS NOT NULL THEN 'no rate in the source'
            WHEN EXISTS (SELECT 1 FROM rates WHERE rates.subgroup = grid.subgroup) THEN 'not in the source'
            ELSE 'no input: ' || subgroup END AS note
FROM grid
LEFT JOIN chosen USING (geoid, subgroup)
