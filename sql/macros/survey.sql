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
-- least and greatest pass over NULL, so a missing bound is kept apart.
CREATE OR REPLACE MACRO clip_share(bound) AS CASE WHEN bound IS NOT NULL THEN least(greatest(bound, 0), 1) END;

-- Weighted quantile by rule hf3 (R survey's qrule "hf3"; card income-percentiles, section 3.6): with k the last of the
-- sorted distinct amounts whose cumulated weight is at most share * total (the first one where there is none), the
-- quantile is the amount after k, or amount k itself where its cumulated share equals the wanted share and k is even.
-- hf3_row finds the row at which the cumulated weight passes wanted = share * total (else the last row, where next_amount
-- is NULL): that is amount k + 1; hf3_quantile gives the quantile from that row. before = weight of all smaller amounts.
CREATE OR REPLACE MACRO hf3_row(wanted, before, cumulated, next_amount) AS
    before <= wanted AND (wanted < cumulated OR next_amount IS NULL);
CREATE OR REPLACE MACRO hf3_quantile(share, total, before, amount_number, previous_amount, amount, next_amount) AS
    CASE WHEN amount_number = 1 THEN coalesce(next_amount, amount)
         WHEN before::DOUBLE / total = share AND amount_number % 2 = 1 THEN previous_amount
         ELSE amount END;
