-- ED Data Express: homeless students by LEA, total and the seven races (card student-homelessness, section 2a).
WITH
-- Data group 655 of the school year that begins in the vintage's fall
school_year AS (
    SELECT "NCES LEA ID" AS leaid, Subgroup AS reported_group, Value AS value
    FROM raw
    WHERE "Data Group"::INTEGER = 655
      AND "School Year" IN (getvariable('vintage') || '-' || (getvariable('vintage')::INTEGER + 1),
                            getvariable('vintage') || '-' || substr((getvariable('vintage')::INTEGER + 1)::VARCHAR, 3))
),
-- The publisher's labels in short; other subgroups (disability, English learners, …) are not used
labelled AS (
    SELECT leaid, value,
           CASE reported_group
               WHEN 'All Students in LEA' THEN 'all'
               WHEN 'All Students' THEN 'all'
               WHEN 'American Indian or Alaska Native' THEN 'american_indian'
               WHEN 'Asian' THEN 'asian'
               WHEN 'Black or African American' THEN 'black'
               WHEN 'Hispanic/Latino' THEN 'hispanic'
               WHEN 'Native Hawaiian or Other Pacific Islander' THEN 'pacific_islander'
               WHEN 'Two or more races' THEN 'two_or_more'
               WHEN 'White' THEN 'white'
           END AS student_group
    FROM school_year
)
SELECT leaid,
       student_group,
       CASE WHEN regexp_full_match(value, '[0-9]+') THEN value::BIGINT
            WHEN value <> 'S' THEN refuse('Value', value, 'a whole number or S') END AS reported_count,
       value = 'S' AS suppressed
FROM labelled
WHERE student_group IS NOT NULL
ORDER BY leaid, student_group
