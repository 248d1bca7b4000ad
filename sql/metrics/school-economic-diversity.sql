-- Students in high-poverty schools (card school-economic-diversity, section 3). The edition of 2025 holds shares in single
-- precision (FLOAT), so that exactly 20 percent is high poverty.
WITH
-- Step 3: schools with an area; those without enrollment in the directory are dropped where the method's rule says so
located AS (
    SELECT ncessch, geoid FROM schools
    WHERE enrollment > 0 OR NOT getvariable('rule_selected_on_directory')
),
-- Step 4: whether 20 percent or more of the students are in poverty, NULL without an estimate
poverty AS (
    SELECT ncessch,
           CASE WHEN getvariable('single_precision')
                THEN (poverty_percent / 100)::FLOAT::DOUBLE >= getvariable('threshold')
                ELSE poverty_percent / 100 >= getvariable('threshold') END AS high_poverty
    FROM meps
),
-- Step 5: students of a school by race; schools without an estimate count as the method's rule says
enrolled AS (
    SELECT geoid, ncessch, race, enrollment, high_poverty
    FROM located
    CROSS JOIN (VALUES (1), (2), (3)) AS races(race)
    LEFT JOIN race_enrollment USING (ncessch, race)
    LEFT JOIN poverty USING (ncessch)
    WHERE high_poverty IS NOT NULL OR getvariable('rule_schools_without_meps')
),
-- Step 7: sums over the schools of an area. A missing number is 0, or makes the denominator missing, as the edition has it
areas AS (
    SELECT geoid, race,
           coalesce(sum(enrollment) FILTER (WHERE high_poverty), 0)::BIGINT AS in_poor_schools,
           CASE WHEN getvariable('missing_race_counts') = 'zero' OR count(*) = count(enrollment)
                THEN coalesce(sum(enrollment), 0)::BIGINT END AS students,
           count(*) AS schools,
           count(high_poverty) AS schools_with_estimate
    FROM enrolled
    GROUP BY geoid, race
),
-- Step 8: shares
shares AS (
    SELECT *,
           CASE WHEN getvariable('single_precision') THEN (in_poor_schools / nullif(students, 0))::FLOAT::DOUBLE
                ELSE in_poor_schools / nullif(students, 0) END AS share
    FROM areas
),
-- Step 10: every area of the year and each of the three races
grid AS (
    SELECT geoid, race, measure
    FROM universe,
         (VALUES (1, 'share_meps20_white'), (2, 'share_meps20_black'), (3, 'share_meps20_hispanic')) AS races(race, measure)
    WHERE year = getvariable('year')
)
-- Quality by the number of students of the group
SELECT measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       share AS value,
       CASE WHEN share IS NULL THEN NULL WHEN students >= 30 THEN 1 WHEN students >= 15 THEN 2 ELSE 3 END AS quality,
       CASE WHEN share IS NOT NULL THEN in_poor_schools END AS numerator,
       CASE WHEN share IS NOT NULL THEN students END AS denominator,
       schools AS sample_size,
       CASE WHEN share IS NOT NULL AND schools_with_estimate = 0 THEN 'no school of the area has a poverty estimate: counted as 0'
            WHEN share IS NOT NULL THEN NULL
            WHEN schools IS NULL THEN 'no school found for this area'
            WHEN students IS NULL THEN 'a school of the area has no enrollment by race'
            ELSE 'no student of this group' END AS note
FROM grid
LEFT JOIN shares USING (geoid, race)
