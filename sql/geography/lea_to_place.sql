-- An LEA belongs to the place whose name is the city of its office (card student-homelessness, section 5).
SELECT leaid, geoid, enrollment
FROM ccd_lea_city
JOIN place_city_name ON place_city_name.state = ccd_lea_city.state AND name = proper_case(city)
WHERE list = 'schools' AND year = getvariable('year')
ORDER BY leaid
