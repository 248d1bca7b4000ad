-- An LEA belongs to the place whose name is the city of its office (card student-homelessness, section 5).
WITH
-- Census place names without their legal status, and ten names as the Common Core of Data spells them
census_names AS (
    SELECT geoid, state,
           regexp_replace(place_name, ' town| village| municipality| urban county| city', '', 'g') AS short_name
    FROM place_universe
    WHERE year = getvariable('year')
),
-- Names as the Common Core of Data spells them
place_names AS (
    SELECT geoid, state,
           CASE short_name
               WHEN 'San Buenaventura (Ventura)' THEN 'Ventura'
               WHEN 'Athens-Clarke County unified government (balance)' THEN 'Athens'
               WHEN 'Augusta-Richmond County consolidated government (balance)' THEN 'Augusta'
               WHEN 'Macon-Bibb County' THEN 'Macon'
               WHEN 'Boise City' THEN 'Boise'
               WHEN 'Lexington-Fayette' THEN 'Lexington'
               WHEN 'Louisville/Jefferson County metro government (balance)' THEN 'Louisville'
               WHEN 'Nashville-Davidson metropolitan government (balance)' THEN 'Nashville'
               WHEN 'McAllen' THEN 'Mcallen'
               WHEN 'McKinney' THEN 'Mckinney'
               ELSE short_name
           END AS name
    FROM census_names
),
-- City of the office in proper case: a capital on the first letter and on every letter after a non-letter
agency_cities AS (
    SELECT leaid, state, enrollment,
           array_to_string(list_transform(regexp_extract_all(lower(city), '[a-z]+|[^a-z]+'),
                                          lambda part: upper(part[1]) || part[2:]), '') AS name
    FROM ccd_lea_city
)
SELECT leaid, geoid, enrollment
FROM agency_cities
JOIN place_names USING (state, name)
ORDER BY leaid
