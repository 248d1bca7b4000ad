-- The cohort of a metric year is in grade 8 in the spring after it (card public-education-seda, section 3).
SELECT DISTINCT area, grade, area AS geoid
FROM seda_county
WHERE year - grade + 8 = getvariable('year') + 1
ORDER BY area, grade
