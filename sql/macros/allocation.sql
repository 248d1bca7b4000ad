-- Quality flag of an area from the share of its records that truly come from it (card geography-crosswalks, section 8):
-- 1 from 0.75, 2 from 0.35, else 3.
CREATE OR REPLACE MACRO allocation_quality(sum_products) AS
    CASE WHEN sum_products >= 0.75 THEN 1 WHEN sum_products >= 0.35 THEN 2 ELSE 3 END::TINYINT;

-- An allocation factor in units of 1e-10: allocated weights are whole numbers in them, and their sums exact in any order.
CREATE OR REPLACE MACRO allocation_units(afact) AS (afact * 10000000000)::BIGINT;

-- A sum of weights in units of 1e-10 as persons or households: whole part and fraction, so that no digit is lost in the division.
CREATE OR REPLACE MACRO of_allocation_units(units) AS
    (units // 10000000000)::DOUBLE + (units % 10000000000)::DOUBLE / 10000000000;
