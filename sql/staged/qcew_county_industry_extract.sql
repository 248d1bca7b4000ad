-- QCEW rows that the published pipeline kept: total covered as BLS gives it, the industries already collapsed.
WITH
-- BLS codes of the industries that consist of one row; the other three have none here
codes(industry, own_code, industry_code) AS (
    VALUES ('All', 0, '10'), ('Goods Producing', 5, '101'), ('Trade, Transit, Utilities', 5, '1021'),
           ('Information Services', 5, '1022'), ('Education and Health', 5, '1025')
),
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
SELECT state, county, industry, own_code::SMALLINT AS own_code, industry_code,
       average_weekly_wage, establishments, NULL::BIGINT AS employment, NULL::BIGINT AS total_wages, undisclosed
FROM (SELECT * FROM total UNION ALL SELECT * FROM collapsed WHERE industry <> 'All')
LEFT JOIN codes USING (industry)
ORDER BY state, county, industry
