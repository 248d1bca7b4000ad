-- Names of places by which schools, districts and police agencies are found (cards school-economic-diversity, section 5,
-- public-education-seda, section 3b, reported-crime, section 3.3).
WITH
-- Without legal status: schools and districts lose it anywhere in the name, the police at its end and in lower case
short_names AS (
    SELECT list, year, geoid, state,
           CASE list WHEN 'police' THEN regexp_replace(lower(place_name), ' (city|municipality|village|town)$', '')
                     ELSE regexp_replace(place_name, ' town| village| municipality| urban county| city', '', 'g') END AS short_name
    FROM place_universe, (SELECT DISTINCT list FROM place_spelling)
)
-- A few names as the list spells them
SELECT short_names.list, year, geoid, short_names.state, coalesce(place_spelling.name, short_name) AS name
FROM short_names
LEFT JOIN place_spelling
  ON place_spelling.list = short_names.list AND census_name = short_name
     AND coalesce(place_spelling.state, short_names.state) = short_names.state
ORDER BY short_names.list, year, geoid
