-- Persons of the Census Bureau's ACS PUMS person files, all vintages from 2014 on (docs/acs_variables.md).
WITH
-- Interview year and PUMA. A mixed 5-year file has one PUMA column per vintage of PUMAs and each record fills one: the bare
-- code is kept, as the published tables join it (quirk mixed-puma-vintages-of-2014); multyear tells the vintages apart
located AS (
    SELECT *,
           acs_sample_year(getvariable('vintage')) AS year,
           acs_interview_year("SERIALNO", getvariable('vintage')) AS multyear,
           coalesce("PUMA", "PUMA20", "PUMA10", "PUMA00") AS puma_code
    FROM raw
)
-- Census codes as IPUMS codes; a column that the file lacks gives NULL
SELECT year,
       multyear,
       "ST" AS statefip,
       coalesce(puma_code, refuse('PUMA', puma_code, 'a PUMA code')) AS puma,
       "SERIALNO" AS serialno,
       "SPORDER"::SMALLINT AS pernum,
       acs_person_gq("RELP", "RELSHIPP", "SERIALNO") AS gq,
       acs_age("AGEP") AS age,
       acs_sex("SEX") AS sex,
       acs_race("RAC1P") AS race,
       acs_hispan("HISP") AS hispan,
       acs_empstat("ESR") AS empstat,
       acs_educd("SCHL") AS educd,
       CASE WHEN in_file('SCHG') THEN acs_gradeatt("SCHG") END AS gradeatt,
       CASE WHEN in_file('DREM') THEN acs_difficulty('DREM', "DREM") END AS diffrem,
       CASE WHEN in_file('DPHY') THEN acs_difficulty('DPHY', "DPHY") END AS diffphys,
       CASE WHEN in_file('DOUT') THEN acs_difficulty('DOUT', "DOUT") END AS diffmob,
       -- IPUMS DIFFSENS: difficulty hearing (DEAR) or seeing (DEYE)
       CASE WHEN in_file('DEAR') AND in_file('DEYE')
            THEN greatest(acs_difficulty('DEAR', "DEAR"), acs_difficulty('DEYE', "DEYE")) END AS diffsens,
       CASE WHEN in_file('DDRS') THEN acs_difficulty('DDRS', "DDRS") END AS diffcare,
       "PWGTP"::INTEGER AS perwt,
       COLUMNS('PWGTP([0-9]+)') AS 'repwtp\1'
FROM located
-- Evaluated for its refusal only: an ADJINC of another vintage
WHERE acs_adjust("ADJINC", multyear, getvariable('vintage')) IS NOT NULL OR "ADJINC" IS NULL
