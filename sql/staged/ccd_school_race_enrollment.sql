-- CCD enrollment of schools: all grades (99), summed over the sexes without the row of both (99). Negative = not reported.
SELECT ncessch,
       race::INTEGER AS race,
       coalesce(sum(enrollment::BIGINT) FILTER (WHERE enrollment::BIGINT >= 0), 0)::BIGINT AS enrollment
FROM raw
WHERE grade::INTEGER = 99
  AND sex::INTEGER <> 99
  AND race::INTEGER IN (1, 2, 3)
  AND year::INTEGER = getvariable('vintage')::INTEGER
GROUP BY ALL
ORDER BY ncessch, race
