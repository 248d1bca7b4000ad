-- Quality flag of an area from the share of its records that truly come from it (card geography-crosswalks, section 8):
-- 1 from 0.75, 2 from 0.35, else 3.
CREATE OR REPLACE MACRO allocation_quality(sum_products) AS
    CASE WHEN sum_products >= 0.75 THEN 1 WHEN sum_products >= 0.35 THEN 2 ELSE 3 END::TINYINT;
