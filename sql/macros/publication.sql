-- A number as the published files print it (card publication-files, section 9): shortest text that reads back to the
-- same double, whole numbers without point, below 0.001 with an exponent that is not padded. Metrics with ten decimals
-- have no exponent: the published pipeline passes their text on.
CREATE OR REPLACE MACRO published_number(x, digits) AS
    CASE
        WHEN digits = 'ten_decimals' AND abs(x) < 0.001 AND x <> 0 THEN rtrim(printf('%.10f', x), '0')
        WHEN x = trunc(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR
        WHEN abs(x) >= 0.001 THEN x::VARCHAR
        WHEN contains(x::VARCHAR, 'e') THEN regexp_replace(x::VARCHAR, 'e-0*', 'e-')
        ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END)
             || rtrim(substr(regexp_replace(x::VARCHAR, '^-?0\.0*', ''), 1, 1) || '.'
                      || substr(regexp_replace(x::VARCHAR, '^-?0\.0*', ''), 2), '.')
             || 'e-' || (1 + length(regexp_extract(x::VARCHAR, '0\.(0*)', 1)))::VARCHAR
    END;

-- A value in the number of digits that its metric publishes.
CREATE OR REPLACE MACRO in_published_digits(x, digits) AS
    CASE digits
        WHEN 'seven_digits' THEN printf('%.7g', x)::DOUBLE
        -- Stata: a tie goes away from zero
        WHEN 'eight_digits' THEN CASE WHEN x = 0 THEN x ELSE round(x, (7 - floor(log10(abs(x))))::INTEGER) END
        WHEN 'ten_decimals' THEN round(x, 10)
        ELSE x
    END;

-- Two shares as one text, three decimals each (wealth-building metric).
CREATE OR REPLACE MACRO published_pair(first_share, second_share) AS
    printf('%.3f:%.3f', first_share, second_share);

-- A quality flag in words.
CREATE OR REPLACE MACRO published_quality(quality) AS
    CASE quality WHEN 1 THEN 'Strong' WHEN 2 THEN 'Marginal' WHEN 3 THEN 'Weak' END;
