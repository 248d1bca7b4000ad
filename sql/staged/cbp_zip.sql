-- Establishments by ZIP code and industry of six digits (NAICS2012); the coarser levels repeat them.
SELECT "zip code" AS zip, NAICS2012 AS naics, ESTAB::BIGINT AS establishments
FROM raw
WHERE regexp_full_match(NAICS2012, '[0-9]{6}')
ORDER BY zip, naics
