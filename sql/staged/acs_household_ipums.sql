-- Housing records of an IPUMS USA extract of one ACS sample (docs/acs_variables.md): households and group quarters from the
-- person records, vacant units from the second extract (hierarchical, GQ = 0) where it is landed.
WITH
-- One record per household or group-quarters person: the first person carries the household's variables
occupied AS (
    SELECT * EXCLUDE ("PERNUM"), coalesce("VACANCY", 0) AS vacancy_code
    FROM raw
    WHERE "PERNUM" = 1
),
-- Vacant units have no person
vacant_units AS (
    SELECT *, "VACANCY" AS vacancy_code
    FROM vacant
    WHERE "GQ" = 0
),
-- All housing records of the declared sample
of_sample AS (
    SELECT *, acs_sample_year(getvariable('vintage')) AS year
    FROM (FROM occupied UNION ALL BY NAME FROM vacant_units)
    WHERE CASE
        WHEN "SAMPLE" = acs_sample_year(getvariable('vintage'))::INTEGER * 100
                        + CASE acs_sample_kind(getvariable('vintage')) WHEN '1-Year' THEN 1 ELSE 3 END THEN true
        ELSE refuse('SAMPLE', "SAMPLE", 'the sample of the vintage ' || getvariable('vintage'))
    END
)
-- Codes as they are; not applicable as NULL where IPUMS has no code 0 for it
SELECT year,
       coalesce("MULTYEAR", year)::SMALLINT AS multyear,
       "STATEFIP" AS statefip,
       "PUMA" AS puma,
       "SERIAL"::VARCHAR AS serialno,
       ipums_code('GQ', "GQ", 0, 6)::TINYINT AS gq,
       "COUNTYFIP" AS countyfip,
       "HHWT"::INTEGER AS hhwt,
       coalesce("ADJUST", acs_calendar_factor(coalesce("MULTYEAR", year)))::DOUBLE AS adjust,
       nullif("HHINCOME", 9999999)::INTEGER AS hhincome,
       ipums_code('OWNERSHP', "OWNERSHP", 0, 2)::TINYINT AS ownershp,
       nullif("OWNCOST", 99999)::INTEGER AS owncost,
       nullif("RENT", 0)::INTEGER AS rent,
       nullif("RENTGRS", 0)::INTEGER AS rentgrs,
       CASE WHEN "VALUEH" NOT IN (9999998, 9999999) THEN "VALUEH" END::INTEGER AS valueh,
       ipums_code('VACANCY', vacancy_code, 0, 9)::TINYINT AS vacancy,
       ipums_code('CINETHH', "CINETHH", 0, 8)::TINYINT AS cinethh,
       ipums_code('CILAPTOP', "CILAPTOP", 0, 8)::TINYINT AS cilaptop,
       ipums_code('CITABLET', "CITABLET", 0, 8)::TINYINT AS citablet,
       ipums_code('CIHISPEED', "CIHISPEED", 0, 88)::TINYINT AS cihispeed,
       COLUMNS('REPWT([0-9]+)') AS 'repwt\1'
FROM of_sample
-- By state and PUMA, so that a region reads its own row groups only; a serial number occurs once, so the order is total
ORDER BY statefip, puma, serialno
