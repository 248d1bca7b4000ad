-- 2010 tract to 2010 place (card environmental-quality, section 2): cities founded after 2010 have no tract.
SELECT county || tract AS tract_geoid, county[:2] || place AS geoid, afact
FROM geocorr
WHERE county[:2] || place IN (SELECT geoid FROM place_universe)
ORDER BY tract_geoid, geoid
