-- Births of the year of the vintage by county and group, all of known weight and those below 2,500 g. Lines of counties that the
-- source no longer shows by themselves (Missing County) are left out: they are in the line of their state's unidentified ones.
WITH
-- Groups by the words of their files, with the first words of the values that are asked for (NULL: all values)
groups AS (
    FROM (VALUES ('', 'all', 'All', NULL, NULL, NULL),
                 ('race_white', 'race-ethnicity', 'White, Non-Hispanic', ['Not'], ['White'], NULL),
                 ('race_black', 'race-ethnicity', 'Black, Non-Hispanic', ['Not'], ['Black'], NULL),
                 ('race_hispanic', 'race-ethnicity', 'Hispanic', ['Hispanic'], NULL, NULL),
                 ('race_other', 'race-ethnicity', 'Other Races and Ethnicities', ['Not'], ['American', 'Asian', 'Native', 'More'], NULL),
                 ('momed_lesshs', 'mothers-education', 'Less than High School', NULL, NULL, ['8th', '9th']),
                 ('momed_hs', 'mothers-education', 'GED/High School Degree', NULL, NULL, ['High']),
                 ('momed_somecollege', 'mothers-education', 'Some College', NULL, NULL, ['Some', 'Associate']),
                 ('momed_college', 'mothers-education', 'College Degree or Higher', NULL, NULL, ['Bachelor''s', 'Master''s', 'Doctorate']))
         AS words(word, subgroup_type, subgroup, origins, races, educations)
),
-- What each file's name says: all births or those below 2,500 g (lbw), and the group
named AS (
    SELECT *, regexp_extract(raw_file, '([a-z]+)_births_?(.*?)_?[0-9]{4}[.]txt', ['kind', 'word']) AS name FROM raw
),
-- Lines of the exports; a name that says something else is refused
lines AS (
    SELECT named.*, subgroup_type, subgroup, origins, races, educations,
           CASE name.kind WHEN 'all' THEN 'all' WHEN 'lbw' THEN 'low' ELSE refuse('file name', raw_file, 'all_births or lbw_births') END
               AS weight,
           CASE WHEN subgroup IS NULL THEN refuse('file name', raw_file, 'a group, such as race_white or momed_hs') ELSE true END
               AS is_known
    FROM named
    LEFT JOIN groups ON word = name.word
),
-- Dataset, year, weights and group that were asked for are those of the vintage and the file; totals have no county
checked AS (
    SELECT "County Code" AS geoid, subgroup_type, subgroup, weight, "Births"::BIGINT AS births, births_text,
           CASE WHEN NOT starts_with("query: Dataset", 'Natality') THEN refuse('Dataset (footer)', "query: Dataset", 'Natality')
                WHEN years_asked_for("query: Year") <> [getvariable('vintage')::BIGINT]
                THEN refuse('Year (footer)', "query: Year", getvariable('vintage'))
                WHEN weight = 'low' AND contains("query: Infant Birth Weight 12", '2500')
                THEN refuse('Infant Birth Weight 12 (footer)', "query: Infant Birth Weight 12", 'classes below 2500 grams')
                WHEN weight = 'all' AND NOT contains("query: Infant Birth Weight 12", '2500')
                THEN refuse('Infant Birth Weight 12 (footer)', "query: Infant Birth Weight 12", 'all classes of known weight')
                WHEN is_of_another_group("query: Mother's Hispanic Origin", origins, origin_words())
                THEN refuse('Mother''s Hispanic Origin (footer)', "query: Mother's Hispanic Origin", subgroup || ', as ' || raw_file || ' is named')
                WHEN is_of_another_group("query: Mother's Single Race", races, race_words())
                THEN refuse('Mother''s Single Race (footer)', "query: Mother's Single Race", subgroup || ', as ' || raw_file || ' is named')
                WHEN is_of_another_group("query: Mother's Education", educations,
                                         ['8th', '9th', 'High', 'Some', 'Associate', 'Bachelor''s', 'Master''s', 'Doctorate'])
                THEN refuse('Mother''s Education (footer)', "query: Mother's Education", subgroup || ', as ' || raw_file || ' is named')
                ELSE true END AS is_asked_for
    FROM lines
    WHERE is_known AND "County Code" IS NOT NULL AND births_text IS DISTINCT FROM 'Missing County'
),
-- Births below 2,500 g are some of all births: files that were exchanged are refused
compared AS (
    SELECT *,
           CASE WHEN births > max(births) FILTER (WHERE weight = 'all') OVER (PARTITION BY geoid, subgroup_type, subgroup)
                THEN refuse('Births', births || ' below 2,500 g in ' || geoid, 'at most all births of the county')
                ELSE true END AS is_part
    FROM checked
    WHERE is_asked_for
)
SELECT geoid, subgroup_type, subgroup, weight, births, CASE WHEN births IS NULL THEN lower(births_text) END AS reason
FROM compared
WHERE is_part
ORDER BY geoid, subgroup_type, subgroup, weight
