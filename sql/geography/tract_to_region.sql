-- Tracts of the year's tables in each region: those of 2010 in tables up to 2019, under every code that they have.
SELECT code AS tract_geoid, region_tract.geoid, sum(share)::DOUBLE AS afact, code AS geocorr_tract_geoid
FROM region_tract
JOIN tract_code USING (vintage, tract_geoid)
WHERE vintage = CASE WHEN getvariable('year') < 2020 THEN '2010' ELSE '2020' END
GROUP BY ALL
ORDER BY tract_geoid, geoid
