-- County codes that ended, and the codes that succeeded them.
SELECT old_geoid, new_geoid, first_year::SMALLINT AS first_year
FROM raw
ORDER BY old_geoid, new_geoid
