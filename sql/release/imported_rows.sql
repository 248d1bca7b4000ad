-- The rows of one published file as those of metric tables: a row per measure, area and subgroup. published_file is the file
-- as text with its line numbers and keys under fixed names, imported_column what its other columns are; labels that the
-- file spells otherwise are in imported_family and imported_label, lines that are no row of a measure in absent_row.
WITH
-- One row per cell
cells AS (
    SELECT *
    FROM published_text
         UNPIVOT INCLUDE NULLS (text FOR "column" IN (COLUMNS(* EXCLUDE (line, year, state, area, subgroup_type, subgroup))))
    JOIN imported_column USING ("column")
),
-- One row per measure, with the text of each role
measured AS (
    SELECT line, year::SMALLINT AS year, state || area AS geoid, measure, any_value(format) AS format,
           subgroup_type, subgroup,
           max(text) FILTER (role = 'value') AS value_text, max(text) FILTER (role = 'lower')::DOUBLE AS lower,
           max(text) FILTER (role = 'upper')::DOUBLE AS upper,
           CASE max(text) FILTER (role = 'quality') WHEN 'Strong' THEN 1 WHEN 'Marginal' THEN 2 WHEN 'Weak' THEN 3
               ELSE TRY_CAST(max(text) FILTER (role = 'quality') AS TINYINT) END AS quality
    FROM cells
    GROUP BY ALL
),
-- Names of subgroup families and labels as the metric has them
labelled AS (
    SELECT measured.* EXCLUDE (subgroup_type, subgroup),
           coalesce(family.ours, measured.subgroup_type) AS subgroup_type, coalesce(label.ours, measured.subgroup) AS subgroup
    FROM measured
    LEFT JOIN imported_family AS family USING (measure, subgroup_type)
    LEFT JOIN imported_label AS label USING (measure, subgroup_type, subgroup)
),
-- Families of the file: its All is the total of each of them
families AS (
    SELECT DISTINCT measure, subgroup_type AS family FROM labelled WHERE subgroup <> 'All'
),
-- An overall file has none; of two totals of an area the one that is typed all counts, as in the combined files
totalled AS (
    SELECT labelled.* EXCLUDE (subgroup_type), coalesce(family, 'all') AS subgroup_type
    FROM labelled LEFT JOIN families USING (measure)
    WHERE subgroup = 'All'
    WINDOW area AS (PARTITION BY measure, year, geoid, family)
    QUALIFY labelled.subgroup_type = 'all' OR NOT bool_or(labelled.subgroup_type = 'all') OVER area
),
-- Totals and labels
rows AS (
    SELECT * FROM totalled UNION ALL BY NAME SELECT * FROM labelled WHERE subgroup <> 'All'
),
-- Rows that the file of the metric had, where stray columns tell (card publication-files, quirk 3)
had AS (
    FROM rows ANTI JOIN absent_row USING (measure, line)
),
-- Labels of which the file has no value at all are columns of other measures
filled AS (
    SELECT * FROM had
    WINDOW slice AS (PARTITION BY measure, year, subgroup_type, subgroup)
    QUALIFY NOT getvariable('combined') OR count(value_text) OVER slice + count(quality) OVER slice > 0
)
SELECT line, measure, year, geoid, subgroup_type, subgroup,
       CASE WHEN format <> 'share_pair' THEN value_text::DOUBLE
            ELSE split_part(value_text, ':', 1)::DOUBLE / nullif(split_part(value_text, ':', 2)::DOUBLE, 0) END AS value,
       lower, upper, quality::TINYINT AS quality,
       CASE WHEN format = 'share_pair' THEN split_part(value_text, ':', 1)::DOUBLE END AS numerator,
       CASE WHEN format = 'share_pair' THEN split_part(value_text, ':', 2)::DOUBLE END AS denominator,
       value_text
FROM filled
