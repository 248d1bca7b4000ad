-- Reported crime (card reported-crime, section 3): offenses of agencies, then areas.
WITH
-- Step 3.1: offenses of an agency against persons and property, as the method's rules classify them
classified AS (
    SELECT ori, sum(offenses) AS offenses,
           sum(offenses) FILTER (
               against = 'person'
               AND NOT (getvariable('rule_misspelt_fondling')
                        AND offense = 'sex offenses - fondling (indecent liberties/child molest)')
               AND NOT (getvariable('rule_county_homicides_of_2023') AND getvariable('geography') = 'county'
                        AND getvariable('year') = 2023 AND offense = 'murder/nonnegligent manslaughter')) AS violent,
           sum(offenses) FILTER (against = 'property') AS property
    FROM offenses GROUP BY ori
),
-- Step 3.2: agencies of an area, whether each reported, and its part of the offenses
reporting AS (
    SELECT geoid, ori, position, core_city, months, weight,
           offenses IS NOT NULL OR (months = 12 AND NOT getvariable('rule_years_without_offense')) AS reported,
           offenses IS NOT NULL AND months < 12 AS partial,
           coalesce(violent, 0) * weight AS violent, coalesce(property, 0) * weight AS property
    FROM agencies LEFT JOIN classified USING (ori)
),
-- Step 8: sums of an area; a share of core cities only where it is known of every agency
areas AS (
    SELECT geoid, count(*) AS agencies, count(*) FILTER (reported) / count(*) AS share,
           CASE WHEN count(core_city) = count(*)
                THEN count(*) FILTER (core_city AND reported) / nullif(count(*) FILTER (core_city), 0) END AS core_reporting,
           sum(violent ORDER BY ori, position) AS violent, sum(property ORDER BY ori, position) AS property,
           string_agg(ori || ' (' || months || ' months)', ', ' ORDER BY ori) FILTER (partial) AS partial_agencies
    FROM reporting GROUP BY geoid
),
-- Areas of the year with their residents; a year without a list takes that of universe_year
residents AS (
    SELECT universe.geoid, population.population
    FROM universe LEFT JOIN population USING (geoid)
    WHERE year = coalesce(getvariable('universe_year'), getvariable('year'))
),
-- Steps 9 to 11: what is without a value, and why
judged AS (
    SELECT geoid, population, agencies, violent, property, partial_agencies, reporting_quality(share, core_reporting) AS quality,
           CASE WHEN coalesce(share, 0) = 0 THEN 'no agency of this area reported'
                WHEN population IS NULL THEN 'no population estimate'
                WHEN population < 30 THEN 'suppressed: fewer than 30 residents'
                WHEN partial_agencies IS NOT NULL AND NOT getvariable('rule_partial_years')
                THEN 'an agency reports part of the year: ' || partial_agencies END AS lacking
    FROM residents LEFT JOIN areas USING (geoid)
),
-- Values that the publisher takes back by hand
taken_back AS (
    SELECT geoid, any_value(reason) AS reason FROM manual_suppression
    WHERE metric = getvariable('metric') AND what = 'value' AND geography = getvariable('geography')
      AND coalesce(year, getvariable('year')) = getvariable('year')
    GROUP BY geoid
),
-- Both measures, and why one has no value
measured AS (
    SELECT geoid, population, agencies, quality, partial_agencies, measure,
           CASE measure WHEN 'rate_crime_violent' THEN violent ELSE property END AS offenses,
           coalesce(lacking, 'suppressed by hand: ' || reason) AS lacking
    FROM judged
    LEFT JOIN taken_back USING (geoid),
         (VALUES ('rate_crime_violent'), ('rate_crime_property')) AS measures(measure)
)
SELECT measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       CASE WHEN lacking IS NULL THEN offenses / population * 100000 END AS value,
       CASE WHEN lacking IS NULL THEN quality END AS quality,
       CASE WHEN lacking IS NULL THEN offenses END AS numerator,
       CASE WHEN lacking IS NULL THEN population END AS denominator,
       agencies AS sample_size,
       CASE WHEN lacking IS NOT NULL THEN lacking
            WHEN partial_agencies IS NOT NULL THEN 'part of the year only: ' || partial_agencies END AS note
FROM measured
