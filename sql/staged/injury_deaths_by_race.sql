-- Deaths by injury by county and group in the pool of years that ends with the vintage (single-race population).
WITH
-- Lines of the exports; totals have no county
lines AS (
    SELECT 'All' AS subgroup, * FROM everyone UNION ALL
    SELECT 'White, Non-Hispanic' AS subgroup, * FROM white UNION ALL
    SELECT 'Black, Non-Hispanic' AS subgroup, * FROM black UNION ALL
    SELECT 'Hispanic' AS subgroup, * FROM hispanic UNION ALL
    SELECT 'Other Races and Ethnicities' AS subgroup, * FROM other_races
),
-- The dataset and the years that were asked for are those of the vintage
checked AS (
    SELECT *,
           CASE WHEN NOT starts_with("query: Dataset", getvariable('dataset'))
                THEN refuse('Dataset (footer)', "query: Dataset", getvariable('dataset'))
                WHEN years_asked_for("query: Year/Month") <> range(getvariable('first')::BIGINT, getvariable('vintage')::BIGINT + 1)
                THEN refuse('Year/Month (footer)', "query: Year/Month", getvariable('first') || ' to ' || getvariable('vintage'))
                ELSE true END AS is_asked_for
    FROM lines
    WHERE "County Code" IS NOT NULL
)
SELECT "County Code" AS geoid,
       subgroup,
       "Deaths"::BIGINT AS deaths,
       "Crude Rate"::DOUBLE AS rate,
       "Crude Rate Lower 95% Confidence Interval"::DOUBLE AS lower,
       "Crude Rate Upper 95% Confidence Interval"::DOUBLE AS upper,
       "Crude Rate Standard Error"::DOUBLE AS standard_error,
       CASE WHEN "Crude Rate" IS NULL THEN lower(rate_text) END AS reason
FROM checked
WHERE is_asked_for
ORDER BY geoid, subgroup
