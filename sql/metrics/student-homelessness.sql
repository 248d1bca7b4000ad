-- Students experiencing homelessness (card student-homelessness, sections 3, 6 and 8). Agency level first, then areas.
-- The edition of 2025 holds shares in single precision (FLOAT).
WITH
-- Step 1: reported rows; those of the Bureau of Indian Education (59) are left out in 2018 where the method's rule says so
reported_rows AS (
    SELECT * FROM homeless_students
    WHERE NOT (getvariable('year') = 2018 AND leaid LIKE '59%' AND getvariable('rule_bureau_schools_missing'))
),
-- Step 1: every agency with a homeless row (or every agency, as the method's rule says), and every group of the metric
agency_groups AS (
    SELECT leaid, subgroup
    FROM (SELECT leaid FROM reported_rows
          UNION
          SELECT leaid FROM agencies WHERE NOT getvariable('rule_agencies_without_homeless_students')),
         (VALUES ('All'), ('Black, Non-Hispanic'), ('Hispanic'), ('White, Non-Hispanic'), ('Other Races and Ethnicities'))
         AS labels(subgroup)
    WHERE subgroup = 'All' OR getvariable('year') >= getvariable('first_race_year')
),
-- Step 2: reported students, a suppressed number (S) as 1, summed over the groups that make up a label
labelled AS (
    SELECT leaid,
           CASE student_group WHEN 'all' THEN 'All' WHEN 'black' THEN 'Black, Non-Hispanic' WHEN 'hispanic' THEN 'Hispanic'
                              WHEN 'white' THEN 'White, Non-Hispanic' ELSE 'Other Races and Ethnicities' END AS subgroup,
           sum(CASE WHEN suppressed THEN 1 ELSE reported_count END)::BIGINT AS students,
           bool_or(suppressed) AS suppressed
    FROM reported_rows
    GROUP BY ALL
),
-- Step 3: other races are 1 where nothing was reported, and count as suppressed whenever they are 1
reported AS (
    SELECT leaid, subgroup,
           CASE WHEN subgroup = 'Other Races and Ethnicities' THEN coalesce(students, getvariable('rule_other_races_default'))
                ELSE students END AS students,
           CASE WHEN subgroup = 'Other Races and Ethnicities'
                THEN coalesce(students, getvariable('rule_other_races_default')) = 1
                ELSE coalesce(suppressed, false) END AS suppressed
    FROM agency_groups
    LEFT JOIN labelled USING (leaid, subgroup)
),
-- Step 2: bounds of a suppressed number; with one or two suppressed agencies in the state, its smallest value
bounded AS (
    SELECT leaid, subgroup, students,
           CASE WHEN suppressed THEN 0 ELSE students END AS students_lower,
           CASE WHEN NOT suppressed THEN students
                WHEN getvariable('rule_upper_bound_of_few_suppressed')
                     AND count(*) FILTER (WHERE suppressed) OVER state_group <= 2 THEN min(students) OVER state_group
                ELSE 2 END AS students_upper
    FROM reported
    WINDOW state_group AS (PARTITION BY substr(leaid, 1, 2), subgroup)
),
-- Enrollment by the labels of the metric (CCD race codes); NULL where the agency reports none
enrollment_by_label AS (
    SELECT leaid,
           CASE race WHEN 1 THEN 'White, Non-Hispanic' WHEN 2 THEN 'Black, Non-Hispanic' WHEN 3 THEN 'Hispanic'
                     ELSE 'Other Races and Ethnicities' END AS subgroup,
           sum(enrollment)::BIGINT AS race_enrollment
    FROM race_enrollment
    GROUP BY ALL
),
-- Steps 4 to 6: agencies with an area; those without enrollment lose their students
located AS (
    SELECT geoid, leaid, subgroup,
           CASE WHEN subgroup = 'All' THEN greatest(coalesce(enrollment, 0), 0) ELSE race_enrollment END AS enrolled,
           CASE WHEN lost THEN 0 ELSE students END AS students,
           CASE WHEN lost THEN 0 ELSE students_lower END AS students_lower,
           CASE WHEN lost THEN 0 ELSE students_upper END AS students_upper
    FROM (SELECT *, coalesce(enrollment, 0) <= 0 AND getvariable('rule_missing_enrollment') AS lost
          FROM bounded JOIN agencies USING (leaid))
    LEFT JOIN enrollment_by_label USING (leaid, subgroup)
),
-- Steps 7 and 8: sums over the agencies of an area, and shares, in single precision where the method's rule says so
areas AS (
    SELECT geoid, subgroup,
           coalesce(sum(students), 0)::BIGINT AS students,
           coalesce(sum(students_lower), 0)::BIGINT AS students_lower,
           coalesce(sum(students_upper), 0)::BIGINT AS students_upper,
           sum(enrolled)::BIGINT AS enrolled,
           coalesce(sum(students), 0) / nullif(sum(enrolled), 0) AS exact_share,
           CASE WHEN getvariable('rule_race_check_in_single_precision') = 'single' THEN exact_share::FLOAT
                ELSE exact_share END AS share,
           count(*) AS agencies
    FROM located
    GROUP BY geoid, subgroup
),
-- Total of the area before any suppression, and quality from the width of the bounds
judged AS (
    SELECT *,
           max(students) FILTER (WHERE subgroup = 'All') OVER (PARTITION BY geoid) AS total,
           CASE WHEN students_lower = 0 OR students_upper / students_lower > 1.10 THEN 3
                WHEN students_upper / students_lower > 1.05 THEN 2
                ELSE 1 END AS bound_quality
    FROM areas
),
-- First suppressions: small areas, then shares above 1
first_suppression AS (
    SELECT *,
           CASE WHEN total < 10 THEN 'suppressed: fewer than 10 homeless students'
                WHEN share > 1 THEN 'suppressed: share above 1' END AS note,
           CASE WHEN total < 30 OR (subgroup = 'All' AND enrolled < 30) THEN 3 ELSE bound_quality END AS quality
    FROM judged
),
-- Races that are left must add up to 70 to 110 percent of the total, in the arithmetic of the method's rule
race_check AS (
    SELECT geoid,
           bool_or(subgroup = 'Black, Non-Hispanic' AND note IS NULL) OR NOT getvariable('rule_race_check_keyed_on_black')
               AS checked,
           sum(students) FILTER (WHERE note IS NULL AND subgroup <> 'All') AS students_of_races,
           CASE getvariable('rule_race_check_in_single_precision')
               WHEN 'single' THEN (100.0 * students_of_races / max(total))::FLOAT NOT BETWEEN 70 AND 110
               WHEN 'double' THEN students_of_races / max(total) * 100 NOT BETWEEN 70 AND 110
               ELSE 100 * students_of_races NOT BETWEEN 70 * max(total) AND 110 * max(total)
           END AS outside
    FROM first_suppression
    GROUP BY geoid
),
-- Last suppressions: races that do not add up, counts of 2 or fewer
suppressed AS (
    SELECT first_suppression.* EXCLUDE (note),
           CASE WHEN note IS NOT NULL THEN note
                WHEN subgroup <> 'All' AND checked AND outside
                THEN 'suppressed: races add up to less than 70 or more than 110 percent of the total'
                WHEN students <= 2 THEN 'suppressed: count of 2 or fewer' END AS note
    FROM first_suppression
    JOIN race_check USING (geoid)
),
-- Every area of the year and every group of the year, also those without a value
grid AS (
    SELECT geoid, subgroup, CASE subgroup WHEN 'All' THEN 'all' ELSE 'race-ethnicity' END AS subgroup_type
    FROM universe, (SELECT DISTINCT subgroup FROM agency_groups)
    WHERE year = getvariable('year')
),
-- One row per area and group; in the county file a race whose share cannot be computed has no quality
completed AS (
    SELECT grid.*,
           CASE WHEN note IS NULL THEN students END AS students,
           CASE WHEN note IS NULL THEN students_lower END AS students_lower,
           CASE WHEN note IS NULL THEN students_upper END AS students_upper,
           CASE WHEN note IS NULL THEN share END AS share,
           CASE WHEN note IS NULL THEN enrolled END AS enrolled,
           CASE WHEN note IS NULL AND NOT (getvariable('geography') = 'county' AND share IS NULL AND race_enrollment_at_hand)
                THEN quality END AS quality,
           CASE WHEN students IS NULL THEN 'no agency with homeless students in this area' ELSE note END AS note,
           race_enrollment_at_hand,
           agencies
    FROM grid
    LEFT JOIN suppressed USING (geoid, subgroup)
    CROSS JOIN (SELECT count(*) > 0 AS race_enrollment_at_hand FROM race_enrollment)
)
SELECT 'count_homeless' AS measure, geoid, subgroup_type, subgroup, students AS value, students_lower AS lower,
       students_upper AS upper, quality, students AS numerator, NULL AS denominator, agencies AS sample_size,
       CASE WHEN note IS NULL AND quality IS NULL THEN 'no quality: no enrollment of this group' ELSE note END AS note
FROM completed
UNION ALL BY NAME
SELECT 'share_homeless' AS measure, geoid, subgroup_type, subgroup, share AS value,
       CASE WHEN share IS NOT NULL OR race_enrollment_at_hand THEN quality END AS quality,
       CASE WHEN share IS NOT NULL THEN students END AS numerator,
       CASE WHEN share IS NOT NULL THEN enrolled END AS denominator, agencies AS sample_size,
       CASE WHEN note IS NOT NULL OR share IS NOT NULL THEN note
            WHEN subgroup <> 'All' AND NOT race_enrollment_at_hand THEN 'no input: enrollment by race'
            ELSE 'no enrollment of this group' END AS note
FROM completed
