-- The publisher's final file of a year.
SELECT 'share_debt_coll' AS measure,
       state || county AS geoid,
       CASE subgroup WHEN 'All' THEN 'all' WHEN 'Majority Non-White' THEN 'of color' ELSE 'white' END AS neighborhoods,
       share_debt_coll::DOUBLE AS share,
       NULL::DOUBLE AS lower,
       NULL::DOUBLE AS upper
FROM raw
ORDER BY measure, geoid, neighborhoods
