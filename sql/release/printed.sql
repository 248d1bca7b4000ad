-- What one published file prints, cell by cell, without its rows (card publication-files, sections 3 to 6 and 9). The file is
-- getvariable('file'); the tables published_… are its part of pipeline/catalog/publication.yml.
WITH
-- The file: its geography, and its subgroup family ('all' for an overall file)
file AS (
    FROM published_file WHERE file = getvariable('file')
),
-- Its columns behind which there is a measure, each with measure and role
file_column AS (
    FROM published_column WHERE file = getvariable('file')
),
-- Rows of the metric tables, with the names that the file gives to subgroup families and labels
named AS (
    SELECT metric_tables.* EXCLUDE (subgroup_type, subgroup),
           coalesce(family.published_type, metric_tables.subgroup_type) AS subgroup_type,
           coalesce(label.published_subgroup, metric_tables.subgroup) AS subgroup
    FROM metric_tables
    LEFT JOIN (FROM published_family WHERE file = getvariable('file')) AS family USING (measure, subgroup_type)
    LEFT JOIN (FROM renamed_label WHERE file = getvariable('file')) AS label USING (measure, subgroup_type, subgroup)
    WHERE geography = (SELECT geography FROM file) AND measure IN (SELECT measure FROM file_column)
),
-- Years in which a measure has the file's family, and whether the family has a total of its own
family_years AS (
    SELECT measure, year, bool_or(subgroup = 'All') AS has_total
    FROM named
    WHERE subgroup_type = (SELECT subgroup_type FROM file)
    GROUP BY ALL
),
-- Rows of the family; the overall value is its All where it has no total of its own
chosen AS (
    FROM named WHERE subgroup_type = (SELECT subgroup_type FROM file)
    UNION ALL
    SELECT named.*
    FROM named JOIN family_years USING (measure, year)
    WHERE subgroup_type = 'all' AND (SELECT subgroup_type FROM file) <> 'all' AND NOT has_total
),
-- One row per cell: the number in the digits and decimals of its column
numbered AS (
    SELECT year, geoid, subgroup, file_column.* EXCLUDE (file), metric, note, chosen.quality, numerator, denominator,
           chosen.value IS NOT NULL AS has_value,
           CASE role WHEN 'value' THEN value WHEN 'lower' THEN lower WHEN 'upper' THEN upper END AS found,
           published_digits(found, format, decimals, getvariable('as_found')) AS number
    FROM chosen JOIN file_column USING (measure)
),
-- Cells taken back by hand, with the reason
taken_back AS (
    SELECT numbered.*, reason
    FROM numbered
    LEFT JOIN (FROM published_suppression WHERE file = getvariable('file')) AS hidden
        ON hidden.measure = numbered.measure AND hidden.role = numbered.role AND hidden.geoid = numbered.geoid
        AND (hidden.years IS NULL OR list_contains(hidden.years, numbered.year))
        AND NOT list_contains(hidden.except_years, numbered.year)
        AND (hidden.subgroups = 'every' OR numbered.subgroup <> 'All')
),
-- Flags of measures whose quality the file shows only beside a value
hidden AS (
    SELECT *, reason IS NOT NULL OR (role = 'quality' AND flag_needs_value AND NOT has_value) AS hidden FROM taken_back
)
SELECT year, geoid, subgroup, "column", position, metric, measure, role,
       CASE WHEN NOT hidden AND role <> 'constant' THEN number END AS value,
       CASE WHEN hidden THEN NULL
            WHEN role = 'constant' THEN constant
            WHEN role = 'quality' THEN published_quality(quality)
            WHEN format = 'share_pair' AND role = 'value' THEN published_pair(numerator, denominator)
            ELSE published_number(number, format) END AS text,
       CASE WHEN reason IS NOT NULL THEN 'taken back: ' || reason ELSE note END AS note,
       quality
FROM hidden
