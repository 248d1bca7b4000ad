-- Crude rates of deaths by injury in the pool of years that ends with the vintage.
SELECT state || county AS geoid, rate_injury_death_crude::DOUBLE AS rate
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER
ORDER BY geoid
