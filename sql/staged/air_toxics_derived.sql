-- The index of tracts from an earlier calculation (card environmental-quality, section 12).
SELECT tract, NULL::DOUBLE AS cancer, NULL::DOUBLE AS neurological, NULL::DOUBLE AS respiratory,
       CASE getvariable('vintage') WHEN '2014' THEN haz_idx14 ELSE haz_idx18 END::DOUBLE AS tract_index
FROM raw
WHERE tract_index IS NOT NULL
ORDER BY tract
