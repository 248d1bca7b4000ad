-- Housing records (households, vacant units, group quarters) of the Census Bureau's ACS PUMS housing files, all vintages
-- from 2014 on (docs/acs_variables.md).
WITH
-- Interview year and PUMA (see acs_person_census.sql)
located AS (
    SELECT *,
           acs_sample_year(getvariable('vintage')) AS year,
           acs_interview_year("SERIALNO", getvariable('vintage')) AS multyear,
           coalesce("PUMA", "PUMA20", "PUMA10", "PUMA00") AS puma_code
    FROM raw
),
-- Calendar-year factor of the interview year, and the factor that brings its housing dollars to the sample's last year
-- (ADJHSG; 1 in 1-year files)
adjusted AS (
    SELECT *,
           acs_adjust("ADJINC", multyear, getvariable('vintage')) AS adjust,
           coalesce("ADJHSG" / 1e6, 1e0) AS housing_factor
    FROM located
)
-- Census codes as IPUMS codes; a column that the file lacks gives NULL
SELECT year,
       multyear,
       "ST" AS statefip,
       coalesce(puma_code, refuse('PUMA', puma_code, 'a PUMA code')) AS puma,
       "SERIALNO" AS serialno,
       acs_housing_gq("TYPE", "VACS") AS gq,
       NULL::VARCHAR AS countyfip,
       "WGTP"::INTEGER AS hhwt,
       adjust,
       -- IPUMS HHINCOME of a 5-year sample is in dollars of its last year: HINCP x ADJINC without the calendar factor
       CASE WHEN acs_sample_kind(getvariable('vintage')) = '1-Year' THEN "HINCP"
            ELSE round("HINCP" * ("ADJINC" / 1e6) / adjust) END::INTEGER AS hhincome,
       acs_ownershp("TEN") AS ownershp,
       round("SMOCP" * housing_factor)::INTEGER AS owncost,
       round(nullif("RNTP", 0) * housing_factor)::INTEGER AS rent,
       round(nullif("GRNTP", 0) * housing_factor)::INTEGER AS rentgrs,
       round("VALP" * housing_factor)::INTEGER AS valueh,
       acs_vacancy("VACS") AS vacancy,
       CASE WHEN in_file('ACCESS') THEN acs_cinethh("ACCESS") END AS cinethh,
       CASE WHEN in_file('LAPTOP') THEN acs_computer('LAPTOP', "LAPTOP") END AS cilaptop,
       CASE WHEN in_file('TABLET') THEN acs_computer('TABLET', "TABLET") END AS citablet,
       CASE WHEN in_file('HISPEED') THEN acs_cihispeed("HISPEED") END AS cihispeed,
       COLUMNS('WGTP([0-9]+)') AS 'repwt\1'
FROM adjusted
-- By state and PUMA, so that a region reads its own row groups only; a serial number occurs once, so the order is total
ORDER BY statefip, puma, serialno
