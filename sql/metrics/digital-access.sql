-- Share of households with a computer and a broadband subscription (card digital-access, sections 3, 6 and 8), from the
-- sums of digital-access.sums.sql, assigned to areas by sql/estimators/assigned (steps 7 and 8).
WITH
-- Labels of each key
labelled AS (
    SELECT sample, geoid, subgroup_type, subgroup, sum(records)::BIGINT AS records,
           coalesce(sum(afact * weight) FILTER (WHERE outcome = 1), 0)::DOUBLE AS with_access,
           sum(afact * weight)::DOUBLE AS households,
           max(sum_products) AS sum_products
    FROM assigned
    JOIN subgroup USING (sample, subgroup_key)
    GROUP BY ALL
),
-- Section 6: a cell needs 30 joined records
suppressed AS (
    SELECT *, records < getvariable('minimum_records') AS suppressed FROM labelled
),
-- Areas of the period, regions of both, and every label
grid AS (
    SELECT DISTINCT geoid, sample, subgroup_type, subgroup
    FROM allocation, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup)
    WHERE crosswalk_period = crosswalk_period(getvariable('year')) OR getvariable('geography') NOT IN ('county', 'place')
),
-- Areas all of whose states have records
at_hand AS (
    SELECT sample, geoid, bool_and(coalesce(is_at_hand, false)) AS at_hand
    FROM (SELECT DISTINCT statefip, geoid FROM allocation)
    CROSS JOIN (SELECT DISTINCT sample FROM sums)
    LEFT JOIN (SELECT DISTINCT sample, statefip, true AS is_at_hand FROM sums) USING (sample, statefip)
    GROUP BY ALL
)
-- Step 9 and section 8: share and quality
SELECT 'share_digital_access' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN at_hand AND NOT suppressed THEN with_access / households END AS value,
       CASE WHEN at_hand AND NOT suppressed THEN allocation_quality(sum_products) END AS quality,
       CASE WHEN at_hand AND NOT suppressed THEN with_access END AS numerator,
       CASE WHEN at_hand AND NOT suppressed THEN households END AS denominator,
       records AS sample_size,
       CASE WHEN NOT coalesce(at_hand, false) THEN 'no input for state'
            WHEN records IS NULL AND geoid NOT IN (SELECT geoid FROM assigned) AND getvariable('geography') NOT IN ('county', 'place')
            THEN 'no crosswalk for this region in this period'
            WHEN coalesce(suppressed, true) THEN 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN suppressed USING (sample, geoid, subgroup_type, subgroup)
LEFT JOIN at_hand USING (sample, geoid)
