-- Every measure of every year against its year before: the largest movers, values lost and gained, flags that got worse and
-- the share of areas whose value changed. For people to read: nothing is refused.
WITH
-- Overall values, and the year before that the measure has
values_of_year AS (
    SELECT metric, measure, geography, year, geoid, value, standard_error, quality
    FROM metric_tables
    WHERE subgroup_type = 'all'
),
-- The year before, by measure
steps AS (
    SELECT measure, geography, year, lag(year) OVER (PARTITION BY measure, geography ORDER BY year) AS year_before
    FROM (SELECT DISTINCT measure, geography, year FROM values_of_year WHERE value IS NOT NULL)
),
-- Each area's value beside that of the year before
compared AS (
    SELECT now.*, year_before, before.value AS value_before, before.quality AS quality_before,
           abs(now.value - before.value) AS change,
           sqrt(now.standard_error ** 2 + before.standard_error ** 2) AS error_of_change
    FROM values_of_year AS now
    JOIN steps USING (measure, geography, year)
    JOIN values_of_year AS before
        ON before.measure = now.measure AND before.geography = now.geography AND before.geoid = now.geoid
        AND before.year = year_before
),
-- The change that is usual for the measure in that year
usual AS (
    SELECT measure, geography, year, median(change) AS usual_change FROM compared GROUP BY ALL
),
-- Changes against their standard error or, where there is none, against the usual change
sized AS (
    SELECT compared.*, usual_change, change / coalesce(nullif(error_of_change, 0), nullif(usual_change, 0)) AS size
    FROM compared JOIN usual USING (measure, geography, year)
)
SELECT metric, measure, geography, year, year_before, count(change) AS areas_compared, any_value(usual_change) AS usual_change,
       count(*) FILTER (change > 0) / nullif(count(change), 0) AS share_changed,
       count(*) FILTER (value IS NULL AND value_before IS NOT NULL) AS values_lost,
       count(*) FILTER (value IS NOT NULL AND value_before IS NULL) AS values_gained,
       count(*) FILTER (quality > quality_before) AS flags_worse,
       list({geoid: geoid, before: value_before, after: value, size: round(size, 1)} ORDER BY size DESC, geoid)
           FILTER (size IS NOT NULL)[:3] AS largest_movers
FROM sized
GROUP BY ALL
ORDER BY metric, measure, geography, year
