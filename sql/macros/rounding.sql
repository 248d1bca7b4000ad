-- Rounding as R's round(x, digits) does from version 4.0 on: the closer of the two neighbours with that many digits, as doubles,
-- and of two that are equally close the one whose last digit is even.
CREATE OR REPLACE MACRO round_half_even(x, digits) AS
    CASE WHEN x - floor(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits < ceil(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits - x
         THEN floor(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits
         WHEN x - floor(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits > ceil(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits - x
         THEN ceil(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits
         WHEN floor(x * 10.0::DOUBLE ** digits) % 2 = 0
         THEN floor(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits
         ELSE ceil(x * 10.0::DOUBLE ** digits) / 10.0::DOUBLE ** digits END;
