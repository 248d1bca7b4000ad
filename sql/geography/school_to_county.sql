-- The county that NCES gives the school in that year (card school-economic-diversity, section 5); no allocation.
SELECT ncessch, county_geoid AS geoid, enrollment
FROM ccd_school
WHERE county_geoid IS NOT NULL
ORDER BY ncessch
