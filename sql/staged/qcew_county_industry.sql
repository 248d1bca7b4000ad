-- QCEW annual averages of the counties: the BLS rows of the eight industries of the metric (card living-wage, section 3).
WITH
-- County rows of the levels total covered (70), by ownership (71), domain (72) and supersector (73), all sizes
county_rows AS (
    SELECT substr(area_fips, 1, 2) AS state,
           substr(area_fips, 3, 3) AS county,
           own_code::SMALLINT AS own_code,
           industry_code,
           annual_avg_wkly_wage::DOUBLE AS average_weekly_wage,
           annual_avg_estabs::BIGINT AS establishments,
           annual_avg_emplvl::BIGINT AS employment,
           total_annual_wages::BIGINT AS total_wages,
           disclosure_code IS NOT DISTINCT FROM 'N' AS undisclosed
    FROM raw
    WHERE agglvl_code::INTEGER BETWEEN 70 AND 73
      AND size_code::INTEGER = 0
      AND substr(area_fips, 3, 3) <> '999'
)
-- Industry of the metric for each row; rows of no industry are dropped
SELECT state, county, qcew_industry(own_code, industry_code) AS industry, own_code, industry_code,
       average_weekly_wage, establishments, employment, total_wages, undisclosed
FROM county_rows
WHERE qcew_industry(own_code, industry_code) IS NOT NULL
ORDER BY state, county, industry, own_code, industry_code
