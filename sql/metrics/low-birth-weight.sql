-- Share of births below 2,500 grams (card low-birth-weight, sections 3, 6, 7 and 8).
WITH
-- Births by county and group: all and those below 2,500 g side by side, as the text of the source, which may be Suppressed
counted AS (
    SELECT geoid, subgroup_type, subgroup,
           max(coalesce(births::VARCHAR, reason)) FILTER (WHERE weight = 'all') AS all_text,
           max(coalesce(births::VARCHAR, reason)) FILTER (WHERE weight = 'low') AS low_text
    FROM births
    WHERE geoid NOT LIKE '09%' OR getvariable('year') < getvariable('without_connecticut_from')
    GROUP BY ALL
),
-- The line of a state's unidentified counties
unidentified AS (
    SELECT geoid[:2] AS state, subgroup_type, subgroup, all_text AS pooled_all, low_text AS pooled_low
    FROM counted
    WHERE geoid LIKE '__999'
),
-- Groups of the metric
groups AS (
    FROM (VALUES ('all', 'All'),
                 ('race-ethnicity', 'Black, Non-Hispanic'), ('race-ethnicity', 'Hispanic'),
                 ('race-ethnicity', 'Other Races and Ethnicities'), ('race-ethnicity', 'White, Non-Hispanic'),
                 ('mothers-education', 'Less than High School'), ('mothers-education', 'GED/High School Degree'),
                 ('mothers-education', 'Some College'), ('mothers-education', 'College Degree or Higher'))
         AS labels(subgroup_type, subgroup)
),
-- Every county and group of the year; what the source does not list has the counts of the state's unidentified counties
filled AS (
    SELECT universe.geoid, universe.geoid[:2] AS state, subgroup_type, subgroup,
           coalesce(all_text, pooled_all) AS all_text, coalesce(low_text, pooled_low) AS low_text,
           CASE WHEN getvariable('rule_unidentified_by_value')
                THEN coalesce(coalesce(all_text, pooled_all) = pooled_all AND coalesce(low_text, pooled_low) = pooled_low, false)
                ELSE counted.geoid IS NULL END AS is_unidentified
    FROM universe
    CROSS JOIN groups
    LEFT JOIN counted USING (geoid, subgroup_type, subgroup)
    LEFT JOIN unidentified ON unidentified.state = universe.geoid[:2]
                           AND unidentified.subgroup_type = groups.subgroup_type AND unidentified.subgroup = groups.subgroup
    WHERE year = getvariable('year')
),
-- Shares; those of few births are left out. The number of a state's counties, and of the unidentified ones among them
shares AS (
    SELECT geoid, subgroup_type, subgroup, is_unidentified,
           all_text = 'suppressed' OR low_text = 'suppressed' AS is_suppressed,
           TRY_CAST(all_text AS BIGINT) AS all_births, TRY_CAST(low_text AS BIGINT) AS low_births,
           CASE WHEN all_births >= getvariable('fewest_births') THEN low_births / all_births END AS share,
           count(*) OVER state_group AS counties,
           count(*) FILTER (WHERE is_unidentified) OVER state_group AS unidentified_counties
    FROM filled
    WINDOW state_group AS (PARTITION BY state, subgroup_type, subgroup)
),
-- Standard error of a proportion
errors AS (
    SELECT *, sqrt(share * (1 - share) / all_births) AS standard_error FROM shares
)
SELECT 'share_low_birth_weight' AS measure, geoid, subgroup_type, subgroup,
       share AS value,
       share - 1.96::DOUBLE * standard_error AS lower,
       share + 1.96::DOUBLE * standard_error AS upper,
       CASE WHEN share IS NULL THEN NULL
            WHEN is_unidentified OR is_suppressed OR all_births < 100 THEN 3
            WHEN all_births < 200 THEN 2
            WHEN getvariable('rule_few_unidentified_counties')
                 AND (unidentified_counties BETWEEN 1 AND 4
                      OR counties <= 15 AND unidentified_counties / counties < 0.5::DOUBLE) THEN 2
            ELSE 1 END AS quality,
       standard_error,
       CASE WHEN share IS NOT NULL THEN low_births END AS numerator,
       CASE WHEN share IS NOT NULL THEN all_births END AS denominator,
       CASE WHEN share IS NOT NULL THEN CASE WHEN is_unidentified THEN 'share of the unidentified counties of the state' END
            WHEN is_suppressed THEN 'suppressed: 1 to 9 births'
            WHEN all_births < getvariable('fewest_births') THEN 'suppressed: fewer than 30 births'
            WHEN NOT EXISTS (SELECT 1 FROM counted WHERE counted.subgroup = errors.subgroup) THEN 'no input: ' || subgroup
            ELSE 'not in the source' END AS note
FROM errors
