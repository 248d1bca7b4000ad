-- Juvenile arrests (card juvenile-arrests, section 3): arrests of agencies, then areas.
WITH
-- Step 3: arrests of an agency; Hispanic ones are unknown where one juvenile arrest lacks ethnicity, if the rule says so
counted AS (
    SELECT * REPLACE (CASE WHEN without_ethnicity > 0 AND getvariable('rule_hispanic_wiped_out') THEN NULL ELSE hispanic END AS hispanic)
    FROM arrests
),
-- Step 4: agencies of an area and whether each reported an arrest at any age
reporting AS (
    SELECT geoid, ori, position, core_city, months, weight,
           arrests IS NOT NULL OR (months = 12 AND NOT getvariable('rule_years_without_arrest')) AS reported,
           arrests IS NOT NULL AND months < 12 AS partial
    FROM agencies LEFT JOIN counted USING (ori)
),
-- Step 7: shares of an area; a share of core cities only where it is known of every agency
areas AS (
    SELECT geoid, count(*) AS agencies, count(*) FILTER (reported) / count(*) AS share,
           CASE WHEN count(core_city) = count(*)
                THEN count(*) FILTER (core_city AND reported) / nullif(count(*) FILTER (core_city), 0) END AS core_reporting,
           string_agg(ori || ' (' || months || ' months)', ', ' ORDER BY ori) FILTER (partial) AS partial_agencies
    FROM reporting GROUP BY geoid
),
-- The groups and their published labels
labels AS (
    FROM (VALUES ('all', 'All'), ('age', 'Age 10 to 14'), ('age', 'Age 15 to 17'), ('gender', 'Female'), ('gender', 'Male'),
                 ('race-ethnicity', 'Black'), ('race-ethnicity', 'Hispanic'), ('race-ethnicity', 'Other Races and Ethnicities'),
                 ('race-ethnicity', 'White')) AS labels(subgroup_type, subgroup)
),
-- Step 4: arrests of an area by group, the agencies' parts added up; what is missing adds nothing
arrested AS (
    SELECT geoid, subgroup,
           coalesce(sum(weight * CASE subgroup
               WHEN 'All' THEN juvenile WHEN 'Age 10 to 14' THEN age_10_14 WHEN 'Age 15 to 17' THEN age_15_17
               WHEN 'Female' THEN female WHEN 'Male' THEN male WHEN 'Black' THEN black WHEN 'Hispanic' THEN hispanic
               WHEN 'White' THEN white ELSE other_races END ORDER BY ori, position), 0) AS juvenile_arrests
    FROM agencies LEFT JOIN counted USING (ori), labels
    GROUP BY geoid, subgroup
),
-- Step 5: residents by group; other races are all who are not white or Black alone
listed AS (
    SELECT universe.geoid, residents.* EXCLUDE (geoid),
           male_10_14 + male_15_17 + female_10_14 + female_15_17 AS juveniles
    FROM universe LEFT JOIN residents USING (geoid)
    WHERE year = coalesce(getvariable('universe_year'), getvariable('year'))
),
-- Step 5: every area of the list and group, with its residents
grid AS (
    SELECT geoid, juveniles, subgroup_type, subgroup,
           CASE subgroup
               WHEN 'All' THEN juveniles WHEN 'Age 10 to 14' THEN male_10_14 + female_10_14
               WHEN 'Age 15 to 17' THEN male_15_17 + female_15_17 WHEN 'Female' THEN female_10_14 + female_15_17
               WHEN 'Male' THEN male_10_14 + male_15_17 WHEN 'Black' THEN black WHEN 'Hispanic' THEN hispanic
               WHEN 'White' THEN white ELSE juveniles - white - black END AS population
    FROM listed, labels
),
-- Steps 6, 8 and 9: what is without a value, and why
judged AS (
    SELECT grid.*, juvenile_arrests, agencies, partial_agencies, reporting_quality(share, core_reporting) AS quality,
           CASE WHEN coalesce(share, 0) = 0 THEN 'no agency of this area reported'
                WHEN juveniles IS NULL THEN 'no population estimate'
                WHEN juveniles < 30 THEN 'suppressed: fewer than 30 residents aged 10 to 17'
                WHEN population < 30 THEN 'suppressed: fewer than 30 residents of the group'
                WHEN partial_agencies IS NOT NULL AND NOT getvariable('rule_partial_years')
                THEN 'an agency reports part of the year: ' || partial_agencies END AS lacking
    FROM grid
    LEFT JOIN areas USING (geoid)
    LEFT JOIN arrested USING (geoid, subgroup)
)
SELECT 'rate_juv_arrest' AS measure, geoid, subgroup_type, subgroup,
       CASE WHEN lacking IS NULL THEN juvenile_arrests / population * 100000 END AS value,
       CASE WHEN lacking IS NULL THEN quality END AS quality,
       CASE WHEN lacking IS NULL THEN juvenile_arrests END AS numerator,
       CASE WHEN lacking IS NULL THEN population END AS denominator,
       agencies AS sample_size,
       CASE WHEN lacking IS NOT NULL THEN lacking
            WHEN partial_agencies IS NOT NULL THEN 'part of the year only: ' || partial_agencies END AS note
FROM judged
