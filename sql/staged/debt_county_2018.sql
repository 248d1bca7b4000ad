-- The publisher's final file of 2018. A row without quality is a county that the source does not have.
SELECT 'share_debt_coll' AS measure,
       state || county AS geoid,
       CASE subgroup WHEN 'All' THEN 'all' WHEN 'Majority Non-White' THEN 'of color' ELSE 'white' END AS neighborhoods,
       share_debt_coll::DOUBLE AS share,
       share_debt_coll_lb::DOUBLE AS lower,
       share_debt_coll_ub::DOUBLE AS upper
FROM raw
WHERE share_debt_coll_quality IS NOT NULL
ORDER BY measure, geoid, neighborhoods
