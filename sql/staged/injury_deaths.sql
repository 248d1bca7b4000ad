-- Deaths by injury by county and group in the pool of years that ends with the vintage.
WITH
-- Groups by the words of their files, with the first words of the values that are asked for (NULL: all values)
groups AS (
    FROM (VALUES ('all', 'All', NULL, NULL),
                 ('white', 'White, Non-Hispanic', ['Not'], ['White']),
                 ('black', 'Black, Non-Hispanic', ['Not'], ['Black']),
                 ('hispanic', 'Hispanic', ['Hispanic'], NULL),
                 ('other', 'Other Races and Ethnicities', ['Not'], ['American', 'Asian', 'Native', 'More']))
         AS words(word, subgroup, origins, races)
),
-- Lines of the exports; a name that says another group is refused
lines AS (
    SELECT raw.*, subgroup, origins, races,
           CASE WHEN subgroup IS NULL THEN refuse('file name', raw_file, 'a group: all, white, black, hispanic or other') ELSE true END
               AS is_known
    FROM raw
    LEFT JOIN groups ON word = regexp_extract(raw_file, 'injury_deaths_(.*)_[0-9]{4}[.]txt', 1)
),
-- The dataset and the years that were asked for are those of the vintage, origin and race those of the file's group; totals
-- have no county
checked AS (
    SELECT *,
           CASE WHEN NOT starts_with("query: Dataset", getvariable('dataset'))
                THEN refuse('Dataset (footer)', "query: Dataset", getvariable('dataset'))
                WHEN years_asked_for("query: Year/Month") <> range(getvariable('first')::BIGINT, getvariable('vintage')::BIGINT + 1)
                THEN refuse('Year/Month (footer)', "query: Year/Month", getvariable('first') || ' to ' || getvariable('vintage'))
                WHEN is_of_another_group("query: Hispanic Origin", origins, origin_words())
                THEN refuse('Hispanic Origin (footer)', "query: Hispanic Origin", subgroup || ', as ' || raw_file || ' is named')
                WHEN is_of_another_group("query: Race", races, race_words())
                THEN refuse('Race (footer)', "query: Race", subgroup || ', as ' || raw_file || ' is named')
                ELSE true END AS is_asked_for
    FROM lines
    WHERE is_known AND "County Code" IS NOT NULL
),
-- Deaths of a group are some of all deaths: files that were exchanged are refused
compared AS (
    SELECT *,
           CASE WHEN "Deaths"::BIGINT > max("Deaths"::BIGINT) FILTER (WHERE subgroup = 'All') OVER (PARTITION BY "County Code")
                THEN refuse('Deaths', "Deaths" || ' of ' || subgroup || ' in ' || "County Code", 'at most all deaths of the county')
                ELSE true END AS is_part
    FROM checked
    WHERE is_asked_for
)
SELECT "County Code" AS geoid,
       subgroup,
       "Deaths"::BIGINT AS deaths,
       "Crude Rate"::DOUBLE AS rate,
       "Crude Rate Lower 95% Confidence Interval"::DOUBLE AS lower,
       "Crude Rate Upper 95% Confidence Interval"::DOUBLE AS upper,
       "Crude Rate Standard Error"::DOUBLE AS standard_error,
       CASE WHEN "Crude Rate" IS NULL THEN lower(rate_text) END AS reason
FROM compared
WHERE is_part
ORDER BY geoid, subgroup
