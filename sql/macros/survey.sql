-- Standard error by successive difference replication with 80 replicates: sqrt(4/80 * sum of squared differences of the
-- replicate estimates from the full-sample estimate (Census Bureau, ACS PUMS Accuracy of the Data; R survey's scale =
-- 4/80, rscales = 1, mse = TRUE; card acs-pums-microdata, section 3.9). replicate_estimates is a list in the order of the
-- replicates, which is the order of addition. NULL where a replicate is missing.
CREATE OR REPLACE MACRO replicate_standard_error(replicate_estimates, estimate) AS
    CASE WHEN list_count(replicate_estimates) = 80
         THEN sqrt(4.0 / 80 * list_sum(list_transform(replicate_estimates,
                                                      lambda replicate: (replicate - estimate) ** 2)))
    END;

-- Ratios of two lists, element by element; NULL where the denominator is 0.
CREATE OR REPLACE MACRO list_ratios(numerators, denominators) AS
    list_transform(list_zip(numerators, denominators), lambda pair: pair[1] / nullif(pair[2], 0));

-- Records from which on the replicate weights of a survey design are taken to have full rank, 80. A matrix of records
-- x 80 has rank 80 as soon as 80 of its rows are independent; the rank of smaller ones is computed (matrix_rank).
CREATE OR REPLACE MACRO full_rank_records() AS 400;

-- A share cannot lie outside 0 to 1; bounds are clipped, not the estimate (card employment, section 7).
-- least and greatest pass over NULL, so a missing bound is kept apart.
CREATE OR REPLACE MACRO clip_share(bound) AS CASE WHEN bound IS NOT NULL THEN least(greatest(bound, 0), 1) END;

-- Weighted quantile by rule hf3 (R survey's qrule "hf3"; card income-percentiles, section 3.6): with k the last of the
-- sorted distinct amounts whose cumulated weight is at most share * total (the first one where there is none), the
-- quantile is the amount after k, or amount k itself where its cumulated share equals the wanted share and k is even.
-- hf3_row finds the row at which the cumulated weight passes wanted = share * total, else the last row: that is amount
-- k + 1; hf3_quantile gives the quantile from that row. before = weight of all smaller amounts. The number of the row and
-- its neighbours matter only where hf3_has_neighbours: elsewhere they may be NULL.
CREATE OR REPLACE MACRO hf3_row(wanted, before, cumulated, is_last) AS
    before <= wanted AND (wanted < cumulated OR is_last);
CREATE OR REPLACE MACRO hf3_has_neighbours(share, total, before) AS before = 0 OR before::DOUBLE / total = share;
CREATE OR REPLACE MACRO hf3_quantile(share, total, before, amount_number, previous_amount, amount, next_amount) AS
    CASE WHEN amount_number = 1 THEN coalesce(next_amount, amount)
         WHEN before::DOUBLE / total = share AND amount_number % 2 = 1 THEN previous_amount
         ELSE amount END;

-- Class of an amount for a first, coarse search; any classes in ascending order give the same quantiles. 4,000 dollars of
-- income are about 40 classes of like size.
CREATE OR REPLACE MACRO amount_bin(amount) AS floor(least(greatest(amount, -1e6), 1e6) / 4000)::SMALLINT;
