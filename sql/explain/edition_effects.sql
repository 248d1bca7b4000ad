-- What another rule changes in the values of a metric: a row per geography and measure, with the cell that changes most.
-- `published_rows` and `right_rows` are metric tables of the same metric, years and geographies.
WITH
-- Cells of both, side by side
cells AS (
    SELECT geography, measure, year, geoid, subgroup_type, subgroup,
           published.value AS published, right_one.value AS "right", published.lower AS published_lower,
           right_one.lower AS right_lower, published.upper AS published_upper, right_one.upper AS right_upper,
           published.quality AS published_quality, right_one.quality AS right_quality
    FROM published_rows AS published
    FULL JOIN right_rows AS right_one USING (geography, measure, year, geoid, subgroup_type, subgroup)
),
-- What differs; ratios that are the same to 1e-12 differ in the order of addition only
compared AS (
    SELECT *, abs("right" - published) AS difference,
           published IS DISTINCT FROM "right" AND coalesce(difference > 1e-12 * abs(published), true) AS value_differs,
           published_lower IS DISTINCT FROM right_lower OR published_upper IS DISTINCT FROM right_upper AS bounds_differ,
           published_quality IS DISTINCT FROM right_quality AS quality_differs
    FROM cells
)
SELECT geography, measure, list(DISTINCT year ORDER BY year) AS years, count(*) AS cells,
       count(*) FILTER (value_differs) AS values_changed,
       count(*) FILTER (value_differs AND published IS NULL) AS values_gained,
       count(*) FILTER (value_differs AND "right" IS NULL) AS values_lost,
       count(*) FILTER (bounds_differ) AS bounds_changed,
       count(*) FILTER (quality_differs) AS flags_changed,
       -- A value that changes is a better example than one that comes or goes
       arg_max({geoid: geoid, year: year, subgroup_type: subgroup_type, subgroup: subgroup, published: published,
                "right": "right"}, (coalesce(difference, 0), geoid, -year)) FILTER (value_differs) AS example
FROM compared
GROUP BY ALL
ORDER BY ALL
