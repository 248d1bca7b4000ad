-- Standard error by successive difference replication with 80 replicates: sqrt(4/80 * sum of squared differences of the
-- replicate estimates from the full-sample estimate (Census Bureau, ACS PUMS Accuracy of the Data; R survey's scale =
-- 4/80, rscales = 1, mse = TRUE; card acs-pums-microdata, section 3.9). NULL where a replicate is missing.
CREATE OR REPLACE MACRO replicate_standard_error(replicate_estimate, estimate, replicate) AS
    CASE WHEN count(replicate_estimate) = 80
         THEN sqrt(4.0 / 80 * sum((replicate_estimate - estimate) ** 2 ORDER BY replicate)) END;

-- Number of a replicate weight column, 0 for the full-sample weight: repwtp17 -> 17.
CREATE OR REPLACE MACRO replicate_number(column_name) AS regexp_extract(column_name, '[0-9]+$')::UTINYINT;

-- Records from which on the replicate weights of a survey design are taken to have full rank, 80. A matrix of records
-- x 80 has rank 80 as soon as 80 of its rows are independent; the rank of smaller ones is computed (matrix_rank).
CREATE OR REPLACE MACRO full_rank_records() AS 400;

-- A share cannot lie outside 0 to 1; bounds are clipped, not the estimate (card employment, section 7).
CREATE OR REPLACE MACRO clip_share(bound) AS least(greatest(bound, 0), 1);
