-- Persons of an IPUMS USA extract of one ACS sample, rectangular on persons (docs/acs_variables.md).
WITH
-- Records of the declared sample: us<year>a is SAMPLE <year>01, us<year>c is SAMPLE <year>03
of_sample AS (
    SELECT *, acs_sample_year(getvariable('vintage')) AS year
    FROM raw
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
       "PERNUM"::SMALLINT AS pernum,
       ipums_code('GQ', "GQ", 1, 6)::TINYINT AS gq,
       ipums_code('AGE', "AGE", 0, 135)::SMALLINT AS age,
       ipums_code('SEX', "SEX", 1, 2)::TINYINT AS sex,
       ipums_code('RACE', "RACE", 1, 9)::TINYINT AS race,
       ipums_code('HISPAN', "HISPAN", 0, 9)::TINYINT AS hispan,
       ipums_code('EMPSTAT', "EMPSTAT", 0, 3)::TINYINT AS empstat,
       CASE WHEN "EDUCD" NOT IN (0, 1, 999) THEN ipums_code('EDUCD', "EDUCD", 2, 116) END::SMALLINT AS educd,
       ipums_code('GRADEATT', "GRADEATT", 0, 7)::TINYINT AS gradeatt,
       ipums_code('DIFFREM', "DIFFREM", 0, 2)::TINYINT AS diffrem,
       ipums_code('DIFFPHYS', "DIFFPHYS", 0, 2)::TINYINT AS diffphys,
       ipums_code('DIFFMOB', "DIFFMOB", 0, 2)::TINYINT AS diffmob,
       ipums_code('DIFFSENS', "DIFFSENS", 0, 2)::TINYINT AS diffsens,
       ipums_code('DIFFCARE', "DIFFCARE", 0, 2)::TINYINT AS diffcare,
       "PERWT"::INTEGER AS perwt,
       COLUMNS('REPWTP([0-9]+)') AS 'repwtp\1'
FROM of_sample
