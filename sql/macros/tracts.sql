-- Code of a tract from its number as Geocorr prints it: 201.00, 0201 or 1.01, with four digits before and two after the dot;
-- a code of six digits as it is (card racial-diversity, quirk 7).
CREATE OR REPLACE MACRO tract_code(number) AS
    CASE WHEN regexp_full_match(number, '[0-9]{6}') THEN number
         ELSE lpad(split_part(number, '.', 1), 4, '0') || rpad(split_part(number, '.', 2), 2, '0') END;

-- Quality flag from the coefficient of variation of a count (cards economic-inclusion and racial-diversity, section 8).
CREATE OR REPLACE MACRO variation_quality(variation) AS
    CASE WHEN variation < 0.2 THEN 1 WHEN variation < 0.4 THEN 2 WHEN variation >= 0.4 THEN 3 END::TINYINT;
