-- Dashboard workbook of 2021: cities by name and state, which the IPUMS list of large places gives a code (card
-- debt-in-collections, section 3). Every city must have one.
WITH
-- Labels of the IPUMS list; six places that it says are in no sample have theirs from the publisher
place_labels AS (
    SELECT "Place FIPS Code" AS place, coalesce(labels.label, "IPUMS CITY Label") AS label
    FROM places
    LEFT JOIN labels ON labels.state_name = places."State Name" AND labels.census_place_name = places."Census Place Name"
    WHERE coalesce(labels.label, "IPUMS CITY Label") <> '[Not identified in any sample]'
),
-- Cities with their code; one without a code stops the staging
cities AS (
    SELECT CASE WHEN STATE IS NULL THEN refuse('C', raw.C, 'a postal code of census_geography/state.txt')
                WHEN place IS NULL THEN refuse('A', raw.A, 'a city of the IPUMS list of large places')
                ELSE STATE || place END AS geoid,
           AH::DOUBLE AS "all", AI::DOUBLE AS "of color", AJ::DOUBLE AS white
    FROM raw
    LEFT JOIN states ON STUSAB = raw.C
    LEFT JOIN place_labels ON label = raw.A
    WHERE raw.B IS NOT NULL
)
SELECT 'share_debt_coll' AS measure, geoid, kind AS neighborhoods,
       CASE kind WHEN 'all' THEN "all" WHEN 'of color' THEN "of color" ELSE white END AS share,
       NULL::DOUBLE AS lower, NULL::DOUBLE AS upper
FROM cities, (VALUES ('all'), ('of color'), ('white')) AS kinds(kind)
ORDER BY measure, geoid, neighborhoods
