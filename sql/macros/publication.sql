-- The digits and the exponent of a number's shortest text that reads back to the same double: 0.00053 gives 53 and 4.
CREATE OR REPLACE MACRO significant_digits(x) AS
    trim(regexp_replace(regexp_replace(abs(x)::VARCHAR, 'e.*$', ''), '[.]', ''), '0');
CREATE OR REPLACE MACRO leading_zeros(x) AS
    CASE WHEN contains(x::VARCHAR, 'e') THEN regexp_extract(x::VARCHAR, 'e-0*([0-9]+)$', 1)::INTEGER
         ELSE 1 + length(regexp_extract(x::VARCHAR, '0[.](0*)', 1)) END;

-- A number as the published files print it (card publication-files, section 9): shortest text that reads back to the
-- same double, whole numbers without point, below 0.001 with an exponent that is not padded. Metrics with ten decimals
-- have no exponent: the published pipeline passes their text on.
CREATE OR REPLACE MACRO published_number(x, digits) AS
    CASE
        WHEN x = trunc(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR
        WHEN abs(x) >= 0.001 THEN x::VARCHAR
        ELSE CASE WHEN x < 0 THEN '-' ELSE '' END
             || CASE WHEN digits = 'ten_decimals'
                     THEN '0.' || repeat('0', leading_zeros(x) - 1) || significant_digits(x)
                     ELSE rtrim(significant_digits(x)[1] || '.' || significant_digits(x)[2:], '.')
                          || 'e-' || leading_zeros(x)::VARCHAR END
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

-- A value as its column publishes it: in the metric's digits, then in the decimals of the edition (NULL = all); values of
-- an edition that was imported stay as they were found.
CREATE OR REPLACE MACRO published_digits(x, digits, decimals, as_found) AS
    CASE WHEN as_found OR digits = 'share_pair' THEN x
         WHEN decimals IS NULL THEN in_published_digits(x, digits)
         ELSE round_even(in_published_digits(x, digits), decimals) END;

-- Two shares as one text, three decimals each (wealth-building metric).
CREATE OR REPLACE MACRO published_pair(first_share, second_share) AS
    printf('%.3f:%.3f', first_share, second_share);

-- A quality flag in words.
CREATE OR REPLACE MACRO published_quality(quality) AS
    CASE quality WHEN 1 THEN 'Strong' WHEN 2 THEN 'Marginal' WHEN 3 THEN 'Weak' END;
