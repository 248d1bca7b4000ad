-- Codes of the Census Bureau's ACS PUMS files turned into the codes of IPUMS USA, which the metrics use.
-- Left: Census variable of the yearly "PUMS Data Dictionary"; right: IPUMS variable. Every pair, with its pages, is in
-- docs/acs_variables.md. A blank (not applicable) comes as NULL; a code outside the dictionary stops the staging.

-- Stops the staging; the reader turns the message into one that says the file and how many records are concerned.
CREATE OR REPLACE MACRO refuse(column_name, found, expected) AS
    error('refused|' || column_name || '|' || coalesce(found::VARCHAR, '') || '|' || expected);

-- Whether the raw file has the column. A blank in a column means "not applicable", a column that is absent means nothing.
CREATE OR REPLACE MACRO in_file(column_name) AS
    list_contains(getvariable('raw_columns'), column_name);

-- Last year and kind (1-Year, 5-Year) of a sample, from the vintage '<year>_<kind>'
CREATE OR REPLACE MACRO acs_sample_year(vintage) AS substr(vintage, 1, 4)::SMALLINT;
CREATE OR REPLACE MACRO acs_sample_kind(vintage) AS substr(vintage, 6);

-- Interview year. SERIALNO begins with it: in 5-year files always, in 1-year files from 2017 on (before: 7 to 9 digits).
CREATE OR REPLACE MACRO acs_interview_year(serialno, vintage) AS
    CASE
        WHEN acs_sample_kind(vintage) = '1-Year'
             AND (length(serialno) < 13 OR substr(serialno, 1, 4) = substr(vintage, 1, 4))
            THEN acs_sample_year(vintage)
        WHEN acs_sample_kind(vintage) = '5-Year' AND length(serialno) = 13
             AND substr(serialno, 1, 4)::SMALLINT BETWEEN acs_sample_year(vintage) - 4 AND acs_sample_year(vintage)
            THEN substr(serialno, 1, 4)::SMALLINT
        ELSE refuse('SERIALNO', serialno, 'a serial number of the vintage ' || vintage)
    END::SMALLINT;

-- ADJUST: from the dollars of the twelve months before the interview to those of the calendar year (1-year ADJINC / 1e6).
-- 2010-2023: card acs-pums-microdata, section 2; 2024: PUMS Data Dictionary 2024 (1-year), ADJINC.
CREATE OR REPLACE MACRO acs_calendar_factor(interview_year) AS
    CASE interview_year
        WHEN 2010 THEN 1.007624e0 WHEN 2011 THEN 1.018237e0 WHEN 2012 THEN 1.010207e0 WHEN 2013 THEN 1.007549e0
        WHEN 2014 THEN 1.008425e0 WHEN 2015 THEN 1.001264e0 WHEN 2016 THEN 1.007588e0 WHEN 2017 THEN 1.011189e0
        WHEN 2018 THEN 1.013097e0 WHEN 2019 THEN 1.010145e0 WHEN 2020 THEN 1.006149e0 WHEN 2021 THEN 1.029928e0
        WHEN 2022 THEN 1.042311e0 WHEN 2023 THEN 1.019518e0 WHEN 2024 THEN 1.015250e0
    END;

-- The calendar factor of a Census record: the constant, and for an interview year after the list the file's own ADJINC,
-- which in the sample's last year is the calendar factor alone. An ADJINC that cannot be the vintage's is refused.
CREATE OR REPLACE MACRO acs_adjust(adjinc, interview_year, vintage) AS
    CASE
        WHEN adjinc IS NULL THEN acs_calendar_factor(interview_year)
        WHEN interview_year = acs_sample_year(vintage) AND adjinc <> round(
                 coalesce(acs_calendar_factor(interview_year) * 1e6, adjinc))
            THEN refuse('ADJINC', adjinc, 'the factor of ' || interview_year || ' in the vintage ' || vintage)
        WHEN adjinc / 1e6 / acs_calendar_factor(interview_year) NOT BETWEEN 0.95 AND 1.5
            THEN refuse('ADJINC', adjinc, 'a factor of ' || interview_year || ' in the vintage ' || vintage)
        ELSE coalesce(acs_calendar_factor(interview_year),
                      CASE WHEN interview_year = acs_sample_year(vintage) THEN adjinc / 1e6 END)
    END::DOUBLE;

-- RELP (to 2018) or RELSHIPP (from 2019) -> GQ of a person: 1 household, 3 institution, 4 other group quarters.
-- A file with neither has SERIALNO with GQ or HU (from 2018); it does not say which kind of group quarters.
CREATE OR REPLACE MACRO acs_person_gq(relp, relshipp, serialno) AS
    CASE
        WHEN relp IS NOT NULL AND relshipp IS NOT NULL THEN refuse('RELSHIPP', relshipp, 'RELP or RELSHIPP, not both')
        WHEN relp BETWEEN 0 AND 15 OR relshipp BETWEEN 20 AND 36 THEN 1
        WHEN relp = 16 OR relshipp = 37 THEN 3
        WHEN relp = 17 OR relshipp = 38 THEN 4
        WHEN relp IS NOT NULL THEN refuse('RELP', relp, '0 to 17')
        WHEN relshipp IS NOT NULL THEN refuse('RELSHIPP', relshipp, '20 to 38')
        WHEN substr(serialno, 5, 2) = 'GQ' THEN 4
        WHEN substr(serialno, 5, 2) = 'HU' THEN 1
        ELSE refuse('RELP', relp, 'RELP, RELSHIPP or a SERIALNO with HU or GQ')
    END::TINYINT;

-- TYPE or TYPEHUGQ and VACS -> GQ of a housing record: 0 vacant unit, 1 household, 3 institution, 4 other group quarters
CREATE OR REPLACE MACRO acs_housing_gq(type_of_unit, vacs) AS
    CASE
        WHEN type_of_unit = 1 AND vacs IS NOT NULL THEN 0
        WHEN type_of_unit = 1 THEN 1
        WHEN type_of_unit = 2 THEN 3
        WHEN type_of_unit = 3 THEN 4
        ELSE refuse('TYPE', type_of_unit, '1, 2 or 3')
    END::TINYINT;

-- AGEP -> AGE, top-coded in both
CREATE OR REPLACE MACRO acs_age(agep) AS
    CASE WHEN agep BETWEEN 0 AND 99 THEN agep ELSE refuse('AGEP', agep, '0 to 99') END::SMALLINT;

-- SEX -> SEX
CREATE OR REPLACE MACRO acs_sex(sex) AS
    CASE WHEN sex IN (1, 2) THEN sex ELSE refuse('SEX', sex, '1 or 2') END::TINYINT;

-- RAC1P -> RACE. Asian alone is 6 here (IPUMS tells Chinese 4 and Japanese 5 apart), two or more races 8 (IPUMS: two 8,
-- three or more 9); the metrics need white 1, black 2 and the rest.
CREATE OR REPLACE MACRO acs_race(rac1p) AS
    CASE
        WHEN rac1p IN (1, 2) THEN rac1p
        WHEN rac1p IN (3, 4, 5) THEN 3
        WHEN rac1p IN (6, 7) THEN 6
        WHEN rac1p = 8 THEN 7
        WHEN rac1p = 9 THEN 8
        ELSE refuse('RAC1P', rac1p, '1 to 9')
    END::TINYINT;

-- HISP -> HISPAN: 0 not Hispanic, 1 Mexican, 2 Puerto Rican, 3 Cuban, 4 other
CREATE OR REPLACE MACRO acs_hispan(hisp) AS
    CASE
        WHEN hisp BETWEEN 1 AND 4 THEN hisp - 1
        WHEN hisp BETWEEN 5 AND 24 THEN 4
        ELSE refuse('HISP', hisp, '1 to 24')
    END::TINYINT;

-- ESR -> EMPSTAT: 0 not applicable (under 16), 1 employed (civilian or armed forces), 2 unemployed, 3 not in labor force
CREATE OR REPLACE MACRO acs_empstat(esr) AS
    CASE
        WHEN esr IS NULL THEN 0
        WHEN esr IN (1, 2, 4, 5) THEN 1
        WHEN esr = 3 THEN 2
        WHEN esr = 6 THEN 3
        ELSE refuse('ESR', esr, 'blank or 1 to 6')
    END::TINYINT;

-- SCHL (24 codes since 2008) -> EDUCD; blank under 3 years of age. 63 regular diploma and 64 GED follow 61, no diploma.
CREATE OR REPLACE MACRO acs_educd(schl) AS
    CASE
        WHEN schl IS NULL THEN NULL
        WHEN schl BETWEEN 1 AND 24 THEN [2, 11, 12, 14, 15, 16, 17, 22, 23, 25, 26, 30, 40, 50, 61, 63, 64,
                                         65, 71, 81, 101, 114, 115, 116][schl]
        ELSE refuse('SCHL', schl, 'blank or 1 to 24')
    END::SMALLINT;

-- SCHG -> GRADEATT: 0 not attending, 1 nursery or preschool, 2 kindergarten, 3 grades 1-4, 4 grades 5-8, 5 grades 9-12,
-- 6 college undergraduate, 7 graduate or professional school
CREATE OR REPLACE MACRO acs_gradeatt(schg) AS
    CASE
        WHEN schg IS NULL THEN 0
        WHEN schg IN (1, 2) THEN schg
        WHEN schg BETWEEN 3 AND 6 THEN 3
        WHEN schg BETWEEN 7 AND 10 THEN 4
        WHEN schg BETWEEN 11 AND 14 THEN 5
        WHEN schg IN (15, 16) THEN schg - 9
        ELSE refuse('SCHG', schg, 'blank or 1 to 16')
    END::TINYINT;

-- A Census difficulty (1 yes, 2 no, blank: too young to be asked) -> IPUMS (0 not applicable, 1 no, 2 yes)
CREATE OR REPLACE MACRO acs_difficulty(column_name, code) AS
    CASE
        WHEN code IS NULL THEN 0
        WHEN code IN (1, 2) THEN 3 - code
        ELSE refuse(column_name, code, 'blank, 1 or 2')
    END::TINYINT;

-- TEN -> OWNERSHP: 0 not applicable, 1 owned (with mortgage or free and clear), 2 rented (with or without payment)
CREATE OR REPLACE MACRO acs_ownershp(ten) AS
    CASE
        WHEN ten IS NULL THEN 0
        WHEN ten IN (1, 2) THEN 1
        WHEN ten IN (3, 4) THEN 2
        ELSE refuse('TEN', ten, 'blank or 1 to 4')
    END::TINYINT;

-- VACS -> VACANCY: 0 not vacant, 1 for rent, 2 for sale only, 3 rented or sold but not occupied, 4 for seasonal,
-- recreational or other occasional use, 7 for migrant farm workers, 9 other vacant
CREATE OR REPLACE MACRO acs_vacancy(vacs) AS
    CASE
        WHEN vacs IS NULL THEN 0
        WHEN vacs BETWEEN 1 AND 7 THEN [1, 3, 2, 3, 4, 7, 9][vacs]
        ELSE refuse('VACS', vacs, 'blank or 1 to 7')
    END::TINYINT;

-- ACCESS, ACCESSINET -> CINETHH: 0 not applicable, 1 with subscription, 2 without, 3 no access; 8 suppressed
CREATE OR REPLACE MACRO acs_cinethh(access) AS
    CASE
        WHEN access IS NULL THEN 0
        WHEN access IN (1, 2, 3, 8) THEN access
        ELSE refuse('ACCESS', access, 'blank, 1, 2, 3 or 8')
    END::TINYINT;

-- LAPTOP, TABLET -> CILAPTOP, CITABLET: 0 not applicable, 1 yes, 2 no; 8 suppressed
CREATE OR REPLACE MACRO acs_computer(column_name, code) AS
    CASE
        WHEN code IS NULL THEN 0
        WHEN code IN (1, 2, 8) THEN code
        ELSE refuse(column_name, code, 'blank, 1, 2 or 8')
    END::TINYINT;

-- HISPEED -> CIHISPEED: 0 not applicable or no subscription, 10 yes, 20 no, 88 suppressed
CREATE OR REPLACE MACRO acs_cihispeed(hispeed) AS
    CASE
        WHEN hispeed IS NULL THEN 0
        WHEN hispeed IN (1, 2) THEN hispeed * 10
        WHEN hispeed = 8 THEN 88
        ELSE refuse('HISPEED', hispeed, 'blank, 1, 2 or 8')
    END::TINYINT;

-- An IPUMS code as it is, refused where the codebook of the ACS samples does not have it
CREATE OR REPLACE MACRO ipums_code(column_name, code, first_code, last_code) AS
    CASE
        WHEN code IS NULL OR code BETWEEN first_code AND last_code THEN code
        ELSE refuse(column_name, code, first_code || ' to ' || last_code)
    END;
