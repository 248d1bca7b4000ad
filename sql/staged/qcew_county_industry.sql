-- QCEW annual averages collapsed to county and the eight industries of the metric (card living-wage, section 3).
WITH
-- County rows of the levels total covered (70), by ownership (71), domain (72) and supersector (73), all sizes
county_rows AS (
    SELECT substr(area_fips, 1, 2) AS state,
           substr(area_fips, 3, 3) AS county,
           own_code::INTEGER AS own_code,
           industry_code,
           disclosure_code IS NOT DISTINCT FROM 'N' AS undisclosed,
           annual_avg_estabs::BIGINT AS establishments,
           annual_avg_wkly_wage::INTEGER AS weekly_wage
    FROM raw
    WHERE agglvl_code::INTEGER BETWEEN 70 AND 73
      AND size_code::INTEGER = 0
      AND substr(area_fips, 3, 3) <> '999'
),
-- Industry of the metric for each row; rows of no industry are dropped
classified AS (
    SELECT *, qcew_industry(own_code, industry_code) AS industry
    FROM county_rows
    WHERE qcew_industry(own_code, industry_code) IS NOT NULL
)
-- Unweighted mean wage over the two or three rows of a group; one undisclosed row marks the group
SELECT state,
       county,
       industry,
       avg(weekly_wage) AS average_weekly_wage,
       sum(establishments)::BIGINT AS establishments,
       bool_or(undisclosed) AS undisclosed,
       count(*) AS bls_rows
FROM classified
GROUP BY state, county, industry
ORDER BY state, county, industry
