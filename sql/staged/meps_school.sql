-- MEPS: percentage of students in poverty, NULL where there is no estimate.
SELECT ncessch, meps_poverty_pct::DOUBLE AS poverty_percent
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER
ORDER BY ncessch
