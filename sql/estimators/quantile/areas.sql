-- Weighted percentiles of an amount with a 95 % Woodruff interval from 80 replicate weights (card income-percentiles,
-- sections 3, 6, 7 and 8). A percentile is sought among coarse bins of amounts first, then among the amounts of its bin;
-- the replicate weights are summed per PUMA between the estimated percentiles. Records are read twice, once without and
-- once with the replicate weights, and none is repeated for an area.
WITH
-- Amounts and weights of the records, without the replicates; bins are coarse classes of amounts in ascending order
amounts AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key, amount_bin(amount) AS bin, amount, weight FROM records
),
-- Records per PUMA and subgroup key
key_records AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key, count(*) AS records FROM amounts GROUP BY ALL
),
-- Labels of each key; the total of a family (own total) is the same estimate as All and is made once
key_labels AS (
    SELECT DISTINCT sample, subgroup_key, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, subgroup
    FROM subgroup
),
-- Allocation factors of the period of the year
factors AS (
    SELECT geoid, statefip, puma, afact::DECIMAL(11, 10) AS afact
    FROM allocation
    WHERE crosswalk_period = crosswalk_period(getvariable('year'))
),
-- Records per PUMA and label
puma_records AS (
    SELECT sample, statefip, puma, family, subgroup, sum(records)::BIGINT AS records
    FROM key_records
    JOIN key_labels USING (sample, subgroup_key)
    GROUP BY ALL
),
-- Effective sample of each area and label: records times allocation factor
cells AS MATERIALIZED (
    SELECT sample, geoid, family, subgroup,
           sum(afact * records) AS effective_sample,
           sum(records)::BIGINT AS sample_size,
           list({statefip: statefip, puma: puma, afact: afact} ORDER BY statefip, puma) AS parts
    FROM puma_records
    JOIN factors USING (statefip, puma)
    GROUP BY ALL
),
-- Samples and states that have records
records_at_hand AS (
    SELECT DISTINCT sample, statefip, true AS is_at_hand FROM key_records
),
-- Areas all of whose states have records
at_hand AS (
    SELECT sample, geoid, bool_and(coalesce(is_at_hand, false)) AS state_at_hand
    FROM (SELECT DISTINCT statefip, geoid FROM allocation)
    CROSS JOIN (SELECT DISTINCT sample FROM key_records)
    LEFT JOIN records_at_hand USING (sample, statefip)
    GROUP BY ALL
),
-- Suppression: cells with an effective sample below 30 are removed before the estimation
kept AS (
    FROM cells
    SEMI JOIN (FROM at_hand WHERE state_at_hand) AS whole_areas USING (sample, geoid)
    WHERE effective_sample >= getvariable('minimum_effective_sample')
),
-- Kept cells and their distribution of amounts: areas within one and the same PUMA share it (the factor cancels)
kept_cells AS MATERIALIZED (
    SELECT *, dense_rank() OVER (ORDER BY sample, family, subgroup, mixture)::INTEGER AS distribution
    FROM (SELECT *, CASE WHEN len(parts) = 1 THEN [struct_update(parts[1], afact := 1::DECIMAL(11, 10))] ELSE parts END
                    AS mixture
          FROM kept)
),
-- PUMAs and subgroup keys of each distribution, with the allocation factor; allocation is the factor in units of 1e-10,
-- so that allocated weights are whole numbers. Small: its replicate weights may have less than full rank
distribution_keys AS MATERIALIZED (
    SELECT distribution, sample, part.statefip, part.puma, subgroup_key, part.afact,
           allocation_units(part.afact) AS allocation, sample_size < full_rank_records() AS is_small
    FROM (SELECT DISTINCT distribution, sample, family, subgroup, sample_size, unnest(mixture) AS part FROM kept_cells)
    JOIN key_labels USING (sample, family, subgroup)
),
-- Allocated weight of each bin, in units of 1e-10, cumulated
bin_weights AS (
    SELECT distribution, bin, sum(allocation * weight)::BIGINT AS weight
    FROM (SELECT sample, statefip, puma, subgroup_key, bin, sum(weight)::BIGINT AS weight
          FROM amounts
          WHERE weight > 0
          GROUP BY ALL)
    JOIN distribution_keys USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Bins in order: allocated weight before and up to each
bins AS MATERIALIZED (
    SELECT distribution, bin, cumulated - weight AS bin_before, cumulated AS bin_cumulated,
           next_bin IS NULL AS is_last_bin
    FROM (SELECT distribution, bin, weight, sum(weight) OVER sorted::BIGINT AS cumulated,
                 lead(bin) OVER sorted AS next_bin
          FROM bin_weights
          WINDOW sorted AS (PARTITION BY distribution ORDER BY bin ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
),
-- Total weight, and the shares asked for
targets AS (
    SELECT distribution, bin_cumulated::DOUBLE AS total, percentile, percentile / 100.0 AS share,
           (share * total)::BIGINT AS wanted
    FROM bins, (SELECT unnest(getvariable('percentiles')) AS percentile)
    WHERE is_last_bin
),
-- Bin of each percentile
target_bins AS (
    SELECT * FROM targets JOIN bins USING (distribution) WHERE hf3_row(wanted, bin_before, bin_cumulated, is_last_bin)
),
-- PUMAs and subgroup keys that are part of the bins of the percentiles
target_keys AS MATERIALIZED (
    SELECT * FROM target_bins JOIN distribution_keys USING (distribution)
),
-- Its amounts in order: cumulated weight, and the weight before
target_amounts AS (
    SELECT distribution, percentile, total, share, wanted, bin_before, is_last_bin, amount,
           sum(allocation * weight)::BIGINT AS weight
    FROM amounts
    JOIN target_keys USING (sample, statefip, puma, subgroup_key, bin)
    WHERE weight > 0
    GROUP BY ALL
),
-- Amount of each percentile: where the cumulated weight passes the wanted one
target_rows AS MATERIALIZED (
    SELECT distribution, percentile, total, share, amount, cumulated - weight AS before, cumulated
    FROM (SELECT *, bin_before + sum(weight) OVER sorted::BIGINT AS cumulated,
                 is_last_bin AND lead(amount) OVER sorted IS NULL AS is_last
          FROM target_amounts
          WINDOW sorted AS (PARTITION BY distribution, percentile ORDER BY amount
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    WHERE hf3_row(wanted, cumulated - weight, cumulated, is_last)
),
-- Neighbours of the rare amounts at which rule hf3 looks at them, from all amounts of their distributions
target_neighbours AS (
    SELECT distribution, amount, row_number() OVER sorted AS amount_number, lag(amount) OVER sorted AS previous_amount,
           lead(amount) OVER sorted AS next_amount, lead(weight) OVER sorted AS next_weight
    FROM (SELECT distribution, amount, sum(allocation * weight)::BIGINT AS weight
          FROM distribution_keys
          SEMI JOIN (FROM target_rows WHERE hf3_has_neighbours(share, total, before)) AS special USING (distribution)
          JOIN amounts USING (sample, statefip, puma, subgroup_key)
          WHERE weight > 0
          GROUP BY ALL)
    WINDOW sorted AS (PARTITION BY distribution ORDER BY amount)
),
-- Percentiles of the full sample, and the share of the weight at or below them
percentiles AS MATERIALIZED (
    SELECT distribution, percentile, total, value,
           CASE WHEN value < amount THEN before
                WHEN value > amount THEN cumulated + next_weight
                ELSE cumulated END::DOUBLE / total AS share_below
    FROM (SELECT *, hf3_quantile(share, total, before, amount_number, previous_amount, amount, next_amount) AS value
          FROM target_rows
          LEFT JOIN target_neighbours USING (distribution, amount))
),
-- Amounts at which any label and area of a subgroup key of a PUMA has a percentile, in order
cuts AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key, list(DISTINCT value ORDER BY value) AS cuts,
           bool_or(is_small) AS is_small
    FROM percentiles
    JOIN distribution_keys USING (distribution)
    GROUP BY ALL
),
-- The same, and a limit that tells DuckDB that they are fewer than the records: it would hold all records in memory, and not
-- the cuts. More of them are refused
few_cuts AS (
    FROM cuts
    WHERE (SELECT CASE WHEN count(*) <= 1000000 THEN true ELSE error('more than 1,000,000 PUMAs and subgroup keys') END
           FROM cuts)
    LIMIT 1000000
),
-- Replicate weights summed between the cuts (a record belongs to the first cut at or above its amount); those of small
-- distributions also one by one. Of the PUMAs with cuts alone: by the two columns DuckDB can skip the others in the files
sums_between_cuts AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key,
           coalesce(list_filter(cuts, lambda cut: cut >= amount)[1], 'infinity'::DOUBLE) AS cut,
           sum(COLUMNS('^(repwt[0-9]+)$'))::BIGINT AS '\1',
           list(CASE WHEN is_small THEN [*COLUMNS('^repwt[0-9]+$')] END) FILTER (WHERE is_small) AS single_records
    FROM records
    SEMI JOIN (SELECT DISTINCT statefip, puma FROM few_cuts) AS pumas USING (statefip, puma)
    JOIN few_cuts USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Percentiles of a distribution in order: a record is at or below the n-th one where fewer than n are below its cut
ordered_percentiles AS (
    SELECT distribution, list(value ORDER BY percentile) AS percentile_values FROM percentiles GROUP BY ALL
),
-- Replicate weights between the percentiles of a distribution, per PUMA
puma_intervals AS (
    SELECT distribution, statefip, puma, afact,
           len(list_filter(percentile_values, lambda percentile_value: percentile_value < cut)) AS percentiles_below,
           sum(COLUMNS('^(repwt[0-9]+)$'))::BIGINT AS '\1'
    FROM ordered_percentiles
    JOIN distribution_keys USING (distribution)
    JOIN sums_between_cuts USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Allocated
intervals AS (
    SELECT distribution, percentiles_below, sum(afact * COLUMNS('^(repwt[0-9]+)$')) AS '\1'
    FROM puma_intervals
    GROUP BY ALL
),
-- Replicate weights at or below each percentile, and of all records
replicate_sums AS (
    SELECT distribution, percentile,
           sum(CASE WHEN percentiles_below < percentile_number THEN COLUMNS('^(repwt[0-9]+)$') ELSE 0 END)
               AS 'below_\1',
           sum(COLUMNS('^(repwt[0-9]+)$')) AS 'all_\1'
    FROM intervals
    JOIN (SELECT distribution, percentile, row_number() OVER (PARTITION BY distribution ORDER BY percentile)
                 AS percentile_number
          FROM percentiles)
        USING (distribution)
    GROUP BY ALL
),
-- The 80 replicates of each sum as a list
replicates AS (
    SELECT distribution, percentile, [*COLUMNS('^below_repwt[0-9]+$')]::DOUBLE[] AS below,
           [*COLUMNS('^all_repwt[0-9]+$')]::DOUBLE[] AS everyone
    FROM replicate_sums
),
-- Share of the weight at or below the percentile of the full sample, by each replicate
shares AS (
    SELECT percentiles.*, list_ratios(below, everyone) AS replicate_shares
    FROM percentiles
    LEFT JOIN replicates USING (distribution, percentile)
),
-- Standard error of the share below the percentile, the percentile held fixed
errors AS MATERIALIZED (
    SELECT * EXCLUDE (replicate_shares),
           replicate_standard_error(replicate_shares, share_below) AS standard_error_of_share
    FROM shares
),
-- Rank of the replicate weights of the records: 80 where there are many, else computed
small_distribution_ranks AS (
    SELECT distribution, matrix_rank(flatten(list(single_records))) AS rank
    FROM (FROM distribution_keys WHERE is_small)
    JOIN sums_between_cuts USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Woodruff: interval of the share below the percentile; degrees of freedom are the rank less one
share_bounds AS MATERIALIZED (
    SELECT errors.*,
           share_below - student_t_975(coalesce(rank, 80) - 1) * standard_error_of_share AS lower_share,
           share_below + student_t_975(coalesce(rank, 80) - 1) * standard_error_of_share AS upper_share
    FROM errors
    LEFT JOIN small_distribution_ranks USING (distribution)
),
-- Bounds are the amounts at these shares, none where a share lies outside 0 to 1; found as the percentiles are
bound_targets AS (
    SELECT *, (share * total)::BIGINT AS wanted
    FROM (SELECT distribution, percentile, total, 'lower' AS bound, lower_share AS share FROM share_bounds
          UNION ALL
          SELECT distribution, percentile, total, 'upper', upper_share FROM share_bounds)
    WHERE share BETWEEN 0 AND 1
),
-- Bin of each bound
bound_bins AS (
    SELECT *
    FROM bound_targets
    JOIN bins USING (distribution)
    WHERE hf3_row(wanted, bin_before, bin_cumulated, is_last_bin)
),
-- PUMAs and subgroup keys that are part of the bins of the bounds
bound_keys AS MATERIALIZED (
    SELECT * FROM bound_bins JOIN distribution_keys USING (distribution)
),
-- Amounts of these bins with their allocated weight
bound_amounts AS (
    SELECT distribution, percentile, bound, total, share, wanted, bin_before, is_last_bin, amount,
           sum(allocation * weight)::BIGINT AS weight
    FROM amounts
    JOIN bound_keys USING (sample, statefip, puma, subgroup_key, bin)
    WHERE weight > 0
    GROUP BY ALL
),
-- Amount of each bound: where the cumulated weight passes the wanted one
bound_rows AS MATERIALIZED (
    SELECT distribution, percentile, bound, total, share, amount, cumulated - weight AS before
    FROM (SELECT *, bin_before + sum(weight) OVER sorted::BIGINT AS cumulated,
                 is_last_bin AND lead(amount) OVER sorted IS NULL AS is_last
          FROM bound_amounts
          WINDOW sorted AS (PARTITION BY distribution, percentile, bound ORDER BY amount
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    WHERE hf3_row(wanted, cumulated - weight, cumulated, is_last)
),
-- Neighbours of the rare bounds at which rule hf3 looks at them
bound_neighbours AS (
    SELECT distribution, amount, row_number() OVER sorted AS amount_number, lag(amount) OVER sorted AS previous_amount,
           lead(amount) OVER sorted AS next_amount
    FROM (SELECT DISTINCT distribution, amount
          FROM distribution_keys
          SEMI JOIN (FROM bound_rows WHERE hf3_has_neighbours(share, total, before)) AS special USING (distribution)
          JOIN amounts USING (sample, statefip, puma, subgroup_key)
          WHERE weight > 0)
    WINDOW sorted AS (PARTITION BY distribution ORDER BY amount)
),
-- Lower and upper bound of each percentile
bounds AS (
    SELECT distribution, percentile, bound,
           hf3_quantile(share, total, before, amount_number, previous_amount, amount, next_amount) AS amount
    FROM bound_rows
    LEFT JOIN bound_neighbours USING (distribution, amount)
),
-- Percentile and bounds of each kept cell
estimates AS (
    SELECT sample, geoid, family, subgroup, percentile, value, lower_bound.amount AS lower, upper_bound.amount AS upper,
           lower_share
    FROM kept_cells
    JOIN share_bounds USING (distribution)
    LEFT JOIN (FROM bounds WHERE bound = 'lower') AS lower_bound USING (distribution, percentile)
    LEFT JOIN (FROM bounds WHERE bound = 'upper') AS upper_bound USING (distribution, percentile)
),
-- Areas of the output: counties of the period, places and regions of both periods (card income-percentiles, section 5)
areas AS (
    SELECT geoid,
           max(geographic_allocation_quality) FILTER (WHERE crosswalk_period = crosswalk_period(getvariable('year')))
               AS quality
    FROM allocation
    WHERE crosswalk_period = crosswalk_period(getvariable('year')) OR getvariable('geography') <> 'county'
    GROUP BY geoid
),
-- Every percentile, area and label, whether or not there is an estimate
grid AS (
    SELECT areas.*, labels.*, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, percentile
    FROM areas, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup) AS labels,
         (SELECT unnest(getvariable('percentiles')) AS percentile)
)
SELECT getvariable('measure_stem') || percentile AS measure, geoid, subgroup_type, subgroup, value, lower, upper,
       CASE WHEN value IS NOT NULL THEN quality END AS quality,
       sample_size,
       CASE WHEN value IS NOT NULL AND lower_share IS NULL THEN 'no replicate weights'
            WHEN value IS NOT NULL THEN NULL
            WHEN NOT EXISTS (FROM records_at_hand WHERE records_at_hand.sample = grid.sample) THEN 'no input for sample'
            WHEN NOT coalesce(state_at_hand, false) THEN 'no input for state'
            WHEN quality IS NULL
            THEN 'no crosswalk for this ' || CASE getvariable('geography') WHEN 'place' THEN 'place' ELSE 'region' END || ' in this period'
            ELSE 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN estimates USING (sample, geoid, family, subgroup, percentile)
LEFT JOIN cells USING (sample, geoid, family, subgroup)
LEFT JOIN at_hand USING (sample, geoid)
