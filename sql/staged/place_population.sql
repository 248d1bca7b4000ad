-- Places of every year. The list is that of 2020 and is not redrawn.
SELECT year::SMALLINT AS year, state, place, state_name, place_name, population::BIGINT AS population
FROM raw
ORDER BY year, state, place
