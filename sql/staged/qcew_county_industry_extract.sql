-- QCEW rows that the published pipeline kept: total covered as BLS gives it, the industries already collapsed.
WITH
-- Industry codes 1 to 8 of the published pipeline in words
collapsed AS (
    SELECT state, county, qcew_industry_label(industry_type::INTEGER) AS industry,
           avgwkwage::DOUBLE AS average_weekly_wage,
           avgestct::BIGINT AS establishments,
           statuscode::INTEGER = 1 AS undisclosed
    FROM industry_collapsed
    WHERE county <> '999'
),
-- Total covered; whether it is disclosed stands in the collapsed file only
total AS (
    SELECT total_covered.state, total_covered.county, 'All' AS industry,
           annualaverageweeklywage::DOUBLE AS average_weekly_wage,
           annualaverageestablishmentcount::BIGINT AS establishments,
           coalesce(collapsed.undisclosed, false) AS undisclosed
    FROM total_covered
    LEFT JOIN collapsed ON collapsed.state = total_covered.state AND collapsed.county = total_covered.county
                       AND collapsed.industry = 'All'
    WHERE total_covered.county <> '999'
)
SELECT *, NULL::BIGINT AS bls_rows
FROM (SELECT * FROM total UNION ALL SELECT * FROM collapsed WHERE industry <> 'All')
ORDER BY state, county, industry
