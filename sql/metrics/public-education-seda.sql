-- Learning growth (card public-education-seda, sections 3 and 3b): in each county or district the slope of mean score on
-- grade, then areas. The edition of 2025 holds slopes, errors and bounds in single precision (FLOAT).
WITH
-- Steps 1 and 2: the cohort that is in grade 8 in the spring after the metric year, in the areas that enter
cohort AS (
    SELECT area, grade, geoid, student_group, score, score_error, tests
    FROM scores
    JOIN score_areas USING (area, grade)
    WHERE year - grade + 8 = getvariable('year') + 1
),
-- Step 3: rows of the regression
usable AS (
    SELECT * FROM cohort WHERE score IS NOT NULL AND tests > 0
),
-- Step 3: weighted means and sums of squares of an area
means AS (
    SELECT student_group, area, sum(tests * grade ORDER BY grade) / sum(tests ORDER BY grade) AS mean_grade,
           sum(tests * score ORDER BY grade) / sum(tests ORDER BY grade) AS mean_score, count(*) AS grades
    FROM usable GROUP BY ALL
),
-- Step 3: slope of an area: weighted least squares of mean score on grade
slopes AS (
    SELECT student_group, area, any_value(mean_grade) AS mean_grade, any_value(mean_score) AS mean_score,
           any_value(grades) AS grades,
           sum(tests * (grade - mean_grade) ** 2 ORDER BY grade) AS spread,
           CASE WHEN any_value(grades) > 1
                THEN sum(tests * (grade - mean_grade) * (score - mean_score) ORDER BY grade) / spread END AS slope,
           CASE WHEN any_value(grades) > 1 AND count(score_error) = count(*)
                THEN sqrt(sum((tests * (grade - mean_grade) * score_error) ** 2 ORDER BY grade)) / spread END AS source_error
    FROM usable JOIN means USING (student_group, area)
    GROUP BY ALL
),
-- Step 3: residual variance of the nation, rows less an intercept for each area and a slope for each with two grades
variances AS (
    SELECT student_group,
           sum(tests * (score - mean_score - coalesce(slope, 0) * (grade - mean_grade)) ** 2 ORDER BY area, grade)
               / nullif(count(*) - count(DISTINCT area) - count(DISTINCT area) FILTER (WHERE grades > 1), 0) AS variance
    FROM usable JOIN slopes USING (student_group, area)
    GROUP BY student_group
),
-- Steps 4 and 5: slopes and their standard errors; an area with one grade has none
estimates AS (
    SELECT student_group, area,
           CASE WHEN getvariable('single_precision') THEN slope::FLOAT::DOUBLE ELSE slope END AS rate,
           CASE WHEN getvariable('rule_pooled_variance') THEN sqrt(variance / spread) ELSE source_error END AS exact_error,
           CASE WHEN getvariable('single_precision') THEN exact_error::FLOAT::DOUBLE ELSE exact_error END AS error
    FROM slopes JOIN variances USING (student_group)
    WHERE slope IS NOT NULL
),
-- Step 6: grades with a mean and the least number of tests, over the rows that the method's rule says
counted AS (
    SELECT student_group, area, count(score) FILTER (WHERE tests > 0 OR getvariable('rule_tests_of_grades_without_mean')) AS grades,
           min(tests) FILTER (WHERE (score IS NOT NULL AND tests > 0) OR getvariable('rule_tests_of_grades_without_mean')) AS least_tests
    FROM cohort GROUP BY ALL
),
-- Step 5 and section 8: bounds and quality of a county or district
judged AS (
    SELECT student_group, area, rate, error,
           CASE WHEN getvariable('single_precision') THEN (rate - 1.96e0 * error)::FLOAT::DOUBLE ELSE rate - 1.96e0 * error END AS lower,
           CASE WHEN getvariable('single_precision') THEN (rate + 1.96e0 * error)::FLOAT::DOUBLE ELSE rate + 1.96e0 * error END AS upper,
           CASE WHEN grades >= 5 AND least_tests >= 30 THEN 1 WHEN grades = 4 AND least_tests >= 30 THEN 2 ELSE 3 END AS quality
    FROM estimates JOIN counted USING (student_group, area)
),
-- Step 7 of places: means over the rows of the districts, weighted by tests; a county is its own only row
weighted AS (
    SELECT geoid, student_group, area, sum(tests) AS weight, any_value(rate) AS rate, any_value(error) AS error,
           any_value(lower) AS lower, any_value(upper) AS upper, any_value(quality) AS quality
    FROM cohort JOIN judged USING (student_group, area)
    WHERE geoid IS NOT NULL AND tests > 0
    GROUP BY ALL
),
-- Step 7: means of an area over these rows
areas AS (
    SELECT geoid, student_group, count(*) AS districts, sum(weight) AS total,
           CASE WHEN count(*) = 1 THEN any_value(rate) ELSE sum(weight * rate ORDER BY area) / total END AS rate,
           CASE WHEN count(*) = 1 THEN any_value(error) ELSE sqrt(sum((weight * error) ** 2 ORDER BY area)) / total END AS error,
           CASE WHEN count(*) = 1 THEN any_value(lower)
                WHEN getvariable('rule_weighted_mean_of_bounds') THEN sum(weight * lower ORDER BY area) / total
                ELSE sum(weight * rate ORDER BY area) / total - 1.96e0 * sqrt(sum((weight * error) ** 2 ORDER BY area)) / total END AS lower,
           CASE WHEN count(*) = 1 THEN any_value(upper)
                WHEN getvariable('rule_weighted_mean_of_bounds') THEN sum(weight * upper ORDER BY area) / total
                ELSE sum(weight * rate ORDER BY area) / total + 1.96e0 * sqrt(sum((weight * error) ** 2 ORDER BY area)) / total END AS upper,
           round(sum(weight * quality ORDER BY area) / total)::TINYINT AS quality
    FROM weighted
    GROUP BY geoid, student_group
),
-- Step 10: areas of the list and the groups with their published labels; only areas of the year's own list have a value
grid AS (
    SELECT geoid, student_group, subgroup_type, subgroup
    FROM (SELECT geoid FROM universe WHERE year = getvariable('year') + getvariable('later_list')[getvariable('geography')]),
         (VALUES ('all', 'all', 'All'), ('wht', 'race-ethnicity', 'White, Non-Hispanic'),
                 ('blk', 'race-ethnicity', 'Black, Non-Hispanic'), ('hsp', 'race-ethnicity', 'Hispanic'),
                 ('mal', 'gender', 'Male'), ('fem', 'gender', 'Female'), ('ecd', 'income', 'Economically Disadvantaged'),
                 ('nec', 'income', 'Not Economically Disadvantaged')) AS labels(student_group, subgroup_type, subgroup)
),
-- Step 10: of these, the areas of the year's own list
listed AS (
    SELECT areas.* FROM areas SEMI JOIN (FROM universe WHERE year = getvariable('year')) AS of_year USING (geoid)
)
SELECT 'rate_learning' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN getvariable('single_precision') THEN rate::FLOAT::DOUBLE ELSE rate END AS value,
       CASE WHEN getvariable('single_precision') THEN lower::FLOAT::DOUBLE ELSE lower END AS lower,
       CASE WHEN getvariable('single_precision') THEN upper::FLOAT::DOUBLE ELSE upper END AS upper,
       quality, error AS standard_error, total::BIGINT AS sample_size,
       CASE WHEN rate IS NULL THEN 'no scores of two grades or more for this area and group' END AS note
FROM grid
LEFT JOIN listed USING (geoid, student_group)
