-- National county medians: the value of the median resident's county, by year and measure (card
-- medians-and-quality-summary, section 3), with the shares of population that decide whether they are shown.
WITH
-- Values and flags of the overall county file
county_values AS (
    SELECT cells.year, cells.geoid, measure, population, position,
           max(value) FILTER (role = 'value') AS value,
           max(text) FILTER (role = 'quality') AS quality
    FROM cells
    JOIN published_file USING (file)
    JOIN (SELECT file, measure, min(position) AS position FROM published_column GROUP BY ALL) USING (file, measure)
    JOIN (SELECT year, geoid, population FROM areas WHERE geography = 'county') AS areas USING (year, geoid)
    WHERE geography = 'county' AND published_file.subgroup_type = 'all'
      AND measure NOT IN (SELECT measure FROM published_column WHERE format = 'share_pair')
    GROUP BY ALL
),
-- Everyone, of all areas of a year
residents AS (
    SELECT year, sum(population) AS population, count(*) AS counties FROM areas WHERE geography = 'county' GROUP BY year
),
-- Equal values together, in order, with the people up to each
cumulated AS (
    SELECT year, measure, value, sum(population) AS weight,
           sum(sum(population)) OVER (PARTITION BY year, measure ORDER BY value) AS weight_up_to,
           sum(sum(population)) OVER (PARTITION BY year, measure) AS total
    FROM county_values
    WHERE value IS NOT NULL
    GROUP BY year, measure, value
),
-- Where the median lies among the people, and between which two of them
middle AS (
    SELECT year, measure, total, 1 + (total - 1) * 0.5 AS place,
           greatest(floor(place), 1) AS low, least(low + 1, total) AS high, place - floor(place) AS fraction
    FROM (SELECT DISTINCT year, measure, total FROM cumulated)
),
-- The weighted median
medians AS (
    SELECT year, measure,
           (1 - any_value(fraction)) * min(value) FILTER (weight_up_to >= low)
               + any_value(fraction) * min(value) FILTER (weight_up_to >= high) AS median
    FROM cumulated JOIN middle USING (year, measure)
    GROUP BY ALL
),
-- Shares of the population without a value, and with a Weak one
lacking AS (
    SELECT year, measure, any_value(position) AS position,
           1 - coalesce(sum(county_values.population) FILTER (value IS NOT NULL), 0) / any_value(residents.population)
               AS missing_population,
           1 - count(value) / any_value(counties) AS missing_counties,
           coalesce(sum(county_values.population) FILTER (quality = 'Marginal'), 0) / any_value(residents.population)
               AS marginal_population,
           coalesce(sum(county_values.population) FILTER (quality = 'Weak'), 0) / any_value(residents.population)
               AS weak_population,
           count(DISTINCT substr(geoid, 1, 2)) FILTER (quality IN ('Strong', 'Marginal')) AS states
    FROM county_values JOIN residents USING (year)
    GROUP BY year, measure
)
SELECT year, measure, position, round_even(median, 4) AS median, round_even(missing_population, 4) AS missing_population,
       round_even(missing_counties, 4) AS missing_counties, round_even(marginal_population, 4) AS marginal_population,
       round_even(weak_population, 4) AS weak_population, states,
       CASE WHEN round_even(missing_population, 4) + round_even(weak_population, 4) <= 0.15
            THEN round_even(median, 4) END AS shown
FROM medians JOIN lacking USING (year, measure)
ORDER BY year, position
