-- Dashboard table of several years: cities by label and state, which the IPUMS list of large places gives a code; cities
-- that are not in the list are left out (card version-2026, section 5).
WITH
-- Labels of the IPUMS list; six places that it says are in no sample have theirs from the publisher
place_labels AS (
    SELECT "Place FIPS Code" AS place, coalesce(labels.label, "IPUMS CITY Label") AS label
    FROM places
    LEFT JOIN labels ON labels.state_name = places."State Name" AND labels.census_place_name = places."Census Place Name"
    WHERE coalesce(labels.label, "IPUMS CITY Label") <> '[Not identified in any sample]'
),
-- Rows of the year with the kinds of neighborhoods
rows_of_year AS (
    SELECT city_name, raw.state AS postal, delinquent_debt::DOUBLE AS share,
           CASE subgroup WHEN 'Overall' THEN 'all' WHEN 'Residents of color' THEN 'of color' WHEN 'White' THEN 'white' END
               AS neighborhoods
    FROM raw
    WHERE year::INTEGER = getvariable('vintage')::INTEGER AND raw.state IS NOT NULL
)
SELECT 'share_debt_coll' AS measure,
       CASE WHEN STATE IS NULL THEN refuse('state', postal, 'a postal code of census_geography/state.txt')
            ELSE STATE || place END AS geoid,
       neighborhoods, share, NULL::DOUBLE AS lower, NULL::DOUBLE AS upper
FROM rows_of_year
LEFT JOIN states ON STUSAB = postal
JOIN place_labels ON label = city_name
WHERE neighborhoods IS NOT NULL
ORDER BY measure, geoid, neighborhoods
