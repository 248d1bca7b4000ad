-- Census tables of tracts, counties and places in rows of table, area and line, from whatever form their files come in.
WITH
-- Answers of the interface, the summary file, downloads: in order of preference
landed AS (
    SELECT 1 AS preference, * FROM api_tract
    UNION ALL
    SELECT 1, * FROM api_county
    UNION ALL
    SELECT 1, * FROM api_place
    UNION ALL
    SELECT 2, * FROM summary
    UNION ALL
    SELECT 3, * FROM download
),
-- Tracts, counties and places by the beginning of GEO_ID, without Puerto Rico
areas AS (
    SELECT * EXCLUDE (GEO_ID),
           CASE substr(GEO_ID, 1, 9) WHEN '1400000US' THEN 'tract' WHEN '0500000US' THEN 'county'
                                     WHEN '1600000US' THEN 'place' END AS area,
           substr(GEO_ID, 10) AS geoid
    FROM landed
    WHERE area IS NOT NULL AND substr(geoid, 1, 2) <> '72'
),
-- A row per line of the table; raw_line keeps an area that is twice in a file apart
lines AS (
    SELECT preference, raw_file, raw_line, table_id, area, geoid, substr(variable, 2)::SMALLINT AS line,
           max(figure) FILTER (WHERE variable[1] = 'E')::BIGINT AS estimate,
           max(figure) FILTER (WHERE variable[1] = 'M')::BIGINT AS margin
    FROM areas UNPIVOT INCLUDE NULLS (figure FOR variable IN (COLUMNS('^[EM][0-9]{3}$')))
    GROUP BY ALL
),
-- An area that several files hold is taken from the first. One that is twice in a file, or that another file contradicts,
-- stays twice, so that it is refused as a duplicate.
chosen AS (
    SELECT *
    FROM lines
    WINDOW files AS (PARTITION BY table_id, area, geoid, line ORDER BY preference, raw_file, raw_line)
    QUALIFY raw_file = first_value(raw_file) OVER files OR estimate IS DISTINCT FROM first_value(estimate) OVER files
),
-- Tracts of the vintage: those of the list of its decade, under the county codes that were valid in the year
tracts AS (
    SELECT coalesce(old_geoid, state || county) || tract AS geoid
    FROM tract_list
    LEFT JOIN county_changes ON new_geoid = state || county AND getvariable('vintage')::INTEGER < first_year::INTEGER
    WHERE state <> '09' OR getvariable('vintage')::INTEGER < 2022
    UNION ALL
    SELECT Tract_fips_2022 FROM connecticut WHERE getvariable('vintage')::INTEGER >= 2022
),
-- Tracts and counties that a table of a state with rows should have. Of places there is no list.
expected AS (
    SELECT 'tract' AS area, substr(geoid, 1, 2) AS state, geoid, true AS listed FROM tracts
    UNION ALL
    SELECT DISTINCT 'county', substr(geoid, 1, 2), substr(geoid, 1, 5), true FROM tracts
),
-- Files of the nation: a summary file whose name gives no state, and any other that holds several states
national AS (
    SELECT table_id, raw_file, list(DISTINCT area) AS areas
    FROM areas
    GROUP BY ALL
    HAVING count(DISTINCT substr(geoid, 1, 2)) > 1
        OR regexp_matches(raw_file, 'acsdt5y[0-9]{4}-[bc][0-9]{5}[a-i]?[.]dat')
),
-- Each has every state in all areas that it holds. Counties come before tracts and places in a summary file, so one that
-- ends before its places is cut off.
national_lacking AS (
    SELECT table_id,
           string_agg(DISTINCT area || 's of ' || state, ', ' ORDER BY area || 's of ' || state) AS states_lacking
    FROM (SELECT table_id,
                 unnest(areas || if('county' IN areas AND raw_file LIKE '%.dat%', ['place'], [])) AS area
          FROM national)
    CROSS JOIN (SELECT DISTINCT state FROM expected)
    ANTI JOIN (SELECT DISTINCT table_id, area, substr(geoid, 1, 2) AS state FROM chosen) USING (table_id, area, state)
    GROUP BY ALL
),
-- How many tracts or counties each table of a state lacks
lacking AS (
    SELECT table_id, area, state, count(*) AS areas_lacking
    FROM (SELECT DISTINCT table_id, area, substr(geoid, 1, 2) AS state FROM chosen)
    JOIN expected USING (area, state)
    ANTI JOIN chosen USING (table_id, area, geoid)
    GROUP BY ALL
)
-- Water tracts (9900.00 and above, nobody lives there) are not in Connecticut's list of 2022.
SELECT table_id, area, geoid, line, estimate, margin,
       area = 'place' OR listed IS NOT NULL OR (area = 'tract' AND substr(geoid, 6, 2) = '99') AS listed,
       coalesce(areas_lacking, 0) AS areas_lacking, states_lacking
FROM (SELECT *, substr(geoid, 1, 2) AS state FROM chosen)
LEFT JOIN expected USING (area, state, geoid)
LEFT JOIN lacking USING (table_id, area, state)
LEFT JOIN national_lacking USING (table_id)
ORDER BY table_id, area, geoid, line
