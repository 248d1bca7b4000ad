-- A school belongs to the place whose name is the city of its address, in the state of its county (card
-- school-economic-diversity, section 3). The state of the directory is that of the administration, and not used.
SELECT ncessch, geoid, enrollment
FROM ccd_school
JOIN place_city_name
  ON state = substr(county_geoid, 1, 2)
     AND CASE getvariable('letters') WHEN 'lower' THEN lower(name) = lower(city) ELSE name = proper_case(city) END
WHERE list = 'schools' AND year = getvariable('year')
ORDER BY ncessch
