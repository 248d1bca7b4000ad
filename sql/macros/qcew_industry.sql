-- The eight industries of the living wage metric (card living-wage, section 3).
CREATE OR REPLACE MACRO qcew_industry_label(code) AS
    CASE code
        WHEN 1 THEN 'All'
        WHEN 2 THEN 'Goods Producing'
        WHEN 3 THEN 'Public Administration'
        WHEN 4 THEN 'Trade, Transit, Utilities'
        WHEN 5 THEN 'Information Services'
        WHEN 6 THEN 'Professional Services'
        WHEN 7 THEN 'Education and Health'
        WHEN 8 THEN 'Leisure and Other'
    END;

-- Industry of a QCEW row from its ownership and NAICS code, NULL where it belongs to none:
-- all ownerships together for All, the three levels of government for Public Administration, private for the rest.
CREATE OR REPLACE MACRO qcew_industry(own_code, naics) AS
    qcew_industry_label(CASE
        WHEN own_code = 0 AND naics = '10' THEN 1
        WHEN own_code IN (1, 2, 3) AND naics = '10' THEN 3
        WHEN own_code = 5 AND naics = '101' THEN 2
        WHEN own_code = 5 AND naics = '1021' THEN 4
        WHEN own_code = 5 AND naics = '1022' THEN 5
        WHEN own_code = 5 AND naics IN ('1023', '1024') THEN 6
        WHEN own_code = 5 AND naics = '1025' THEN 7
        WHEN own_code = 5 AND naics IN ('1026', '1027') THEN 8
    END);
