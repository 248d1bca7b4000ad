-- Share of the value of owned homes held by a race or ethnicity, beside its share of households (card housing-wealth,
-- sections 3, 4, 6 and 8), from the sums of housing-wealth.sums.sql, assigned to areas by sql/estimators/assigned.
-- numerator and denominator are the two published shares, rounded to three decimals.
WITH
-- Sums per area, label and race
area_sums AS (
    SELECT geoid, subgroup_type, subgroup, race_ethnicity, sum(records)::BIGINT AS records,
           sum(afact * records) AS effective_sample,
           sum(afact * households)::DOUBLE AS households, sum(afact * house_value)::DOUBLE AS house_value
    FROM assigned
    JOIN subgroup USING (sample, subgroup_key)
    GROUP BY ALL
),
-- Totals per area and label, summed in the order of race
totals AS (
    SELECT geoid, subgroup_type, subgroup, sum(households ORDER BY race_ethnicity) AS all_households,
           sum(house_value ORDER BY race_ethnicity) AS all_house_value
    FROM area_sums
    GROUP BY ALL
),
-- Shares of the area's households and of its house value; NULL house value: a race without owned homes
shares AS (
    SELECT *, households / all_households AS share_households, house_value / all_house_value AS share_house_value
    FROM area_sums
    JOIN totals USING (geoid, subgroup_type, subgroup)
),
-- Section 8: quality of the area; places take that of the period before 2022 in every year where the method says so
area_quality AS (
    SELECT geoid, max(sum_products) AS sum_products
    FROM (SELECT geoid, sum_products FROM assigned
          WHERE NOT (getvariable('geography') = 'place' AND getvariable('rule_place_quality_ignores_the_year'))
          UNION ALL
          SELECT geoid, arg_max(sum_products, crosswalk_period) FROM allocation
          WHERE getvariable('geography') = 'place' AND getvariable('rule_place_quality_ignores_the_year')
          GROUP BY geoid)
    GROUP BY geoid
),
-- Areas with a part in a state that has no records, or none with house values
lacking AS (
    SELECT geoid, bool_or(records IS NULL) AS lacks_records, bool_or(house_value IS NULL) AS lacks_values
    FROM (SELECT DISTINCT geoid, statefip FROM allocation)
    LEFT JOIN (SELECT statefip, count(*) AS records, any_value(house_value) AS house_value FROM sums GROUP BY statefip) USING (statefip)
    GROUP BY geoid
),
-- Areas of the year, labels and measures
grid AS (
    SELECT universe.geoid, universe.state, subgroup_type, subgroup, race_ethnicity
    FROM universe, (SELECT DISTINCT subgroup_type, subgroup FROM subgroup),
         (VALUES ('black_nh'), ('hispanic'), ('other_nh'), ('white_nh')) AS races(race_ethnicity)
    WHERE universe.year = getvariable('year')
),
-- Cities that the published pipeline loses (section 10, quirk 2), and why other values are missing
judged AS (
    SELECT grid.*, records, sum_products,
           round_even(share_house_value, 3) AS house_value_rounded, round_even(share_households, 3) AS households_rounded,
           share_house_value / share_households AS ratio,
           CASE WHEN NOT EXISTS (FROM sums WHERE sums.statefip = grid.state) OR lacks_records THEN 'no input for state'
                WHEN list_contains(getvariable('rule_six_cities_missing')::VARCHAR[], grid.geoid) THEN 'suppressed: n<30'
                WHEN effective_sample < getvariable('rule_no_sample_size_suppression') THEN 'suppressed: n<30'
                WHEN NOT EXISTS (FROM assigned WHERE assigned.geoid = grid.geoid) THEN 'no records in this area'
                WHEN lacks_values THEN 'no input: house value'
                WHEN share_households IS NULL THEN 'no households of this group'
                WHEN share_house_value IS NULL THEN 'no owned homes of this group' END AS reason
    FROM grid
    LEFT JOIN shares USING (geoid, subgroup_type, subgroup, race_ethnicity)
    LEFT JOIN area_quality USING (geoid)
    LEFT JOIN lacking USING (geoid)
)
SELECT 'ratio_' || race_ethnicity || '_house_value_households' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN reason IS NULL THEN coalesce(house_value_rounded / nullif(households_rounded, 0), ratio) END AS value,
       CASE WHEN reason IS NULL
            THEN CASE WHEN sum_products > 0.75 THEN 1 WHEN sum_products > 0.35 THEN 2 ELSE 3 END END AS quality,
       CASE WHEN reason IS NULL THEN house_value_rounded END AS numerator,
       CASE WHEN reason IS NULL THEN households_rounded END AS denominator,
       records AS sample_size,
       CASE WHEN reason IS NOT NULL THEN reason
            WHEN households_rounded = 0 THEN 'value is the ratio of the unrounded shares' END AS note
FROM judged
