-- Counties of every year. Names are kept as published, with their oddities.
SELECT year::SMALLINT AS year, state, county, state_name, county_name, population::BIGINT AS population
FROM raw
ORDER BY year, state, county
