-- Period of the PUMA crosswalks that a year uses: 2012 PUMAs before 2022, 2020 PUMAs from then on (card
-- geography-crosswalks, section 3.7; card employment, section 5). A 5-year sample takes that of its last year.
CREATE OR REPLACE MACRO crosswalk_period(year) AS CASE WHEN year < 2022 THEN 'pre-2022' ELSE '2022' END;

-- County (GEOID) that the microdata identify: the code of the provider (IPUMS; 000 = none), else, where the provider gives
-- no codes at all, the one derived from the PUMA.
CREATE OR REPLACE MACRO known_county(statefip, countyfip, identified_geoid) AS
    CASE WHEN countyfip IS NULL THEN identified_geoid WHEN countyfip <> '000' THEN statefip || countyfip END;

-- A name in the proper case of Stata: a capital on the first letter and on every letter after a non-letter.
CREATE OR REPLACE MACRO proper_case(name) AS
    array_to_string(list_transform(regexp_extract_all(lower(name), '[a-z]+|[^a-z]+'), lambda part: upper(part[1]) || part[2:]), '');

-- A part of a whole as Geocorr writes its allocation factors: kept in four bytes as SAS does, which have 20 binary digits after
-- the first and cut the others off, then printed with four decimals. Found from the seven factors of Geocorr's files of PUMA and
-- county that plain rounding does not give; all others are the same either way.
CREATE OR REPLACE MACRO geocorr_factor(part, whole) AS
    round(floor(part / whole * 2.0::DOUBLE ** (20 - floor(log2(part / whole)))) / 2.0::DOUBLE ** (20 - floor(log2(part / whole))), 4);
