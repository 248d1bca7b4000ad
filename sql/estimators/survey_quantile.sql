-- Weighted percentiles of an amount with a 95 % Woodruff interval from 80 replicate weights (card income-percentiles,
-- sections 3, 6, 7 and 8). Weights are summed per PUMA and distinct amount, the allocation factors are applied to these
-- sums; the replicate weights are summed per PUMA between the estimated percentiles. No record is repeated for an area.
WITH
-- Weights per PUMA, subgroup key and distinct amount: whole numbers
puma_amounts AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key, amount, count(*) AS records, sum(weight)::BIGINT AS weight
    FROM records
    GROUP BY ALL
),
-- Labels of each key; the total of a family (own total) is the same estimate as All and is made once
key_labels AS (
    SELECT DISTINCT sample, subgroup_key, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, subgroup
    FROM subgroup
),
-- Allocation factors of the period in use without Puerto Rico; as decimals, so that every sum is exact in any order
allocation AS (
    SELECT geoid, statefip, puma, afact::DECIMAL(18, 15) AS afact
    FROM crosswalk
    WHERE crosswalk_period = getvariable('crosswalk_period') AND statefip <> '72' AND afact > 0
),
-- Effective sample of each area and label: records times allocation factor
cells AS MATERIALIZED (
    SELECT sample, statefip, geoid, family, subgroup,
           sum(afact * puma_records) AS effective_sample,
           sum(puma_records)::BIGINT AS sample_size,
           list(puma ORDER BY puma) AS pumas,
           row_number() OVER (ORDER BY sample, geoid, family, subgroup)::INTEGER AS cell
    FROM (SELECT sample, statefip, puma, family, subgroup, sum(records)::BIGINT AS puma_records
          FROM puma_amounts
          JOIN key_labels USING (sample, subgroup_key)
          GROUP BY ALL)
    JOIN allocation USING (statefip, puma)
    GROUP BY sample, statefip, geoid, family, subgroup
),
-- Suppression: cells with an effective sample below 30 are removed before the estimation
kept AS MATERIALIZED (
    SELECT cells.*, puma, afact
    FROM cells
    JOIN allocation USING (statefip, geoid)
    WHERE effective_sample >= getvariable('minimum_effective_sample')
),
-- Weight of each distinct amount in each kept cell
amounts AS (
    SELECT cell, amount, sum(afact * weight) AS weight
    FROM (SELECT sample, statefip, puma, family, subgroup, amount, sum(weight)::BIGINT AS weight
          FROM puma_amounts
          JOIN key_labels USING (sample, subgroup_key)
          WHERE weight > 0
          GROUP BY ALL)
    JOIN kept USING (sample, statefip, puma, family, subgroup)
    GROUP BY ALL
),
-- Cumulated weight up to each amount, with its neighbours
cumulated AS MATERIALIZED (
    SELECT cell, amount, row_number() OVER sorted AS amount_number,
           lag(amount) OVER sorted AS previous_amount, lead(amount) OVER sorted AS next_amount,
           (sum(weight) OVER sorted)::DOUBLE AS cumulated,
           (sum(weight) OVER sorted - weight)::DOUBLE AS previous_cumulated
    FROM amounts
    WINDOW sorted AS (PARTITION BY cell ORDER BY amount ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
-- Total weight of each cell, and the shares asked for
targets AS (
    SELECT cell, cumulated AS total, percentile, percentile / 100.0 AS share
    FROM cumulated, (SELECT unnest(getvariable('percentiles')) AS percentile)
    WHERE next_amount IS NULL
),
-- Percentiles of the full sample
percentiles AS MATERIALIZED (
    SELECT cell, percentile, total,
           hf3_quantile(share, total, amount_number, previous_cumulated, previous_amount, amount, next_amount) AS value
    FROM targets
    JOIN cumulated USING (cell)
    WHERE hf3_row(share, total, previous_cumulated, cumulated, next_amount)
),
-- Share of the weight at or below the percentile
full_shares AS (
    SELECT cell, percentile, value, total, cumulated / total AS share_below
    FROM percentiles
    JOIN cumulated USING (cell)
    WHERE amount = value
),
-- Amounts of a PUMA at which any cell has a percentile
cuts AS MATERIALIZED (
    SELECT DISTINCT sample, statefip, puma, value AS cut FROM percentiles JOIN kept USING (cell)
),
-- Replicate weights summed between the cuts: each record belongs to the first cut at or above its amount
sums_between_cuts AS MATERIALIZED (
    SELECT records.sample, records.statefip, records.puma, subgroup_key, coalesce(cut, 'infinity'::DOUBLE) AS cut,
           sum(COLUMNS('(repwt[0-9]+)'))::BIGINT AS '\1'
    FROM records
    ASOF LEFT JOIN cuts ON records.sample = cuts.sample AND records.statefip = cuts.statefip
                       AND records.puma = cuts.puma AND records.amount <= cuts.cut
    GROUP BY ALL
),
-- Replicate weights at or below each percentile, and of all records (percentile NULL), per PUMA of the cell
sums_below AS (
    SELECT cell, percentile, puma, afact, sum(COLUMNS('(repwt[0-9]+)'))::BIGINT AS '\1'
    FROM (SELECT cell, percentile, value FROM percentiles
          UNION ALL
          SELECT DISTINCT cell, NULL, 'infinity'::DOUBLE FROM percentiles)
    JOIN kept USING (cell)
    JOIN key_labels USING (sample, family, subgroup)
    JOIN sums_between_cuts USING (sample, statefip, puma, subgroup_key)
    WHERE cut <= value
    GROUP BY ALL
),
-- One row per replicate, allocated to the area
replicate_sums AS MATERIALIZED (
    SELECT cell, percentile, replicate_number(column_name) AS replicate, sum(afact * weight)::DOUBLE AS weight
    FROM (UNPIVOT sums_below ON COLUMNS('repwt[0-9]+') INTO NAME column_name VALUE weight)
    GROUP BY ALL
),
-- Standard error of the share below the percentile, the percentile held fixed
errors AS (
    SELECT below.cell, below.percentile,
           replicate_standard_error(below.weight / nullif(everyone.weight, 0), share_below, below.replicate)
               AS standard_error_of_share
    FROM replicate_sums AS below
    JOIN replicate_sums AS everyone ON everyone.cell = below.cell AND everyone.replicate = below.replicate
                                   AND everyone.percentile IS NULL
    JOIN full_shares ON full_shares.cell = below.cell AND full_shares.percentile = below.percentile
    GROUP BY ALL
),
-- Rank of the replicate weights of a cell's records: 80 where there are many, else computed; cells of the same PUMAs
-- have the same records
small_designs AS (
    SELECT DISTINCT sample, statefip, family, subgroup, pumas FROM kept WHERE sample_size < full_rank_records()
),
small_design_ranks AS (
    SELECT sample, statefip, family, subgroup, pumas,
           matrix_rank(list([*COLUMNS('repwt[0-9]+')] ORDER BY serialno)) AS rank
    FROM records
    JOIN key_labels USING (sample, subgroup_key)
    JOIN (SELECT *, unnest(pumas) AS puma FROM small_designs) USING (sample, statefip, puma, family, subgroup)
    GROUP BY ALL
),
-- Woodruff: interval of the share below the percentile; degrees of freedom are the rank of the cell less one
share_bounds AS (
    SELECT full_shares.*, rank,
           share_below - student_t_975(coalesce(rank, 80) - 1) * standard_error_of_share AS lower_share,
           share_below + student_t_975(coalesce(rank, 80) - 1) * standard_error_of_share AS upper_share
    FROM full_shares
    JOIN cells USING (cell)
    LEFT JOIN errors USING (cell, percentile)
    LEFT JOIN small_design_ranks USING (sample, statefip, family, subgroup, pumas)
),
-- Bounds: the amounts at these shares, none where a share lies outside 0 to 1
lower_bounds AS (
    SELECT cell, percentile,
           hf3_quantile(lower_share, total, amount_number, previous_cumulated, previous_amount, amount, next_amount) AS lower
    FROM share_bounds
    JOIN cumulated USING (cell)
    WHERE lower_share >= 0 AND hf3_row(lower_share, total, previous_cumulated, cumulated, next_amount)
),
upper_bounds AS (
    SELECT cell, percentile,
           hf3_quantile(upper_share, total, amount_number, previous_cumulated, previous_amount, amount, next_amount) AS upper
    FROM share_bounds
    JOIN cumulated USING (cell)
    WHERE upper_share <= 1 AND hf3_row(upper_share, total, previous_cumulated, cumulated, next_amount)
),
-- Percentile, bounds and what they rest on
estimates AS (
    SELECT sample, statefip, geoid, family, subgroup, percentile, value, lower, upper, lower_share
    FROM share_bounds
    JOIN cells USING (cell)
    LEFT JOIN lower_bounds USING (cell, percentile)
    LEFT JOIN upper_bounds USING (cell, percentile)
),
-- Areas of the output: counties of the period, places of both periods (card income-percentiles, section 5)
areas AS (
    SELECT statefip, geoid,
           max(geographic_allocation_quality) FILTER (WHERE crosswalk_period = getvariable('crosswalk_period')) AS quality
    FROM crosswalk
    WHERE statefip <> '72'
      AND (crosswalk_period = getvariable('crosswalk_period') OR getvariable('geography') = 'place')
    GROUP BY ALL
),
-- Every percentile, area and label, whether or not there is an estimate
grid AS (
    SELECT areas.*, labels.*, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, percentile
    FROM areas, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup) AS labels,
         (SELECT unnest(getvariable('percentiles')) AS percentile)
),
-- States and samples that have records
states_at_hand AS (
    SELECT DISTINCT sample, statefip, true AS state_at_hand FROM puma_amounts
)
SELECT getvariable('measure_stem') || percentile AS measure, geoid, subgroup_type, subgroup, value, lower, upper,
       CASE WHEN value IS NOT NULL THEN quality END AS quality,
       sample_size,
       CASE WHEN value IS NOT NULL AND lower_share IS NULL THEN 'no replicate weights'
            WHEN value IS NOT NULL THEN NULL
            WHEN NOT EXISTS (FROM states_at_hand WHERE states_at_hand.sample = grid.sample) THEN 'no input for sample'
            WHEN state_at_hand IS NULL THEN 'no input for state'
            WHEN quality IS NULL THEN 'no crosswalk for this place in this period'
            ELSE 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN estimates USING (sample, statefip, geoid, family, subgroup, percentile)
LEFT JOIN cells USING (sample, statefip, geoid, family, subgroup)
LEFT JOIN states_at_hand USING (sample, statefip)
