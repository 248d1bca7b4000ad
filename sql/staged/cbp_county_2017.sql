-- Establishments by county and industry of six digits (NAICS2017); the coarser levels repeat them.
SELECT state || county AS geoid, NAICS2017 AS naics, ESTAB::BIGINT AS establishments
FROM raw
WHERE regexp_full_match(NAICS2017, '[0-9]{6}')
ORDER BY geoid, naics
