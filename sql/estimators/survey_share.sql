-- Weighted share of records with outcome 1, with a 95 % interval from 80 replicate weights (card employment, sections 3,
-- 6, 7 and 8; the same for college-readiness and preschool). Shares are ratios of sums, so weights are summed per PUMA
-- first and the allocation factors are applied to these sums: a record is never repeated for each area of its PUMA.
WITH
-- Weights and replicate weights per PUMA, subgroup key and outcome: whole numbers, read once; replicate 0 = full sample
puma_sums AS MATERIALIZED (
    SELECT sample, statefip, puma, subgroup_key, outcome, count(*) AS records,
           sum(weight)::BIGINT AS repwtp0, sum(COLUMNS('(repwtp[0-9]+)'))::BIGINT AS '\1'
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
cells AS (
    SELECT sample, statefip, geoid, family, subgroup,
           sum(afact * puma_records) AS effective_sample,
           sum(puma_records)::BIGINT AS sample_size
    FROM (SELECT sample, statefip, puma, family, subgroup, sum(records)::BIGINT AS puma_records
          FROM puma_sums
          JOIN key_labels USING (sample, subgroup_key)
          GROUP BY ALL)
    JOIN allocation USING (statefip, puma)
    GROUP BY ALL
),
-- Suppression: cells with an effective sample below 30 are removed before the estimation
kept AS MATERIALIZED (
    SELECT * FROM cells WHERE effective_sample >= getvariable('minimum_effective_sample')
),
-- Sums per PUMA and label, for labels that are kept somewhere in the PUMA
label_sums AS MATERIALIZED (
    SELECT sample, statefip, puma, family, subgroup, outcome, sum(COLUMNS('(repwtp[0-9]+)'))::BIGINT AS '\1'
    FROM puma_sums
    JOIN key_labels USING (sample, subgroup_key)
    SEMI JOIN (SELECT DISTINCT sample, statefip, puma, family, subgroup FROM kept JOIN allocation USING (statefip, geoid))
        USING (sample, statefip, puma, family, subgroup)
    GROUP BY ALL
),
-- One row per replicate
replicate_sums AS (
    SELECT sample, statefip, puma, family, subgroup, replicate_number(column_name) AS replicate,
           coalesce(sum(weight) FILTER (WHERE outcome = 1), 0)::BIGINT AS numerator, sum(weight)::BIGINT AS denominator
    FROM (UNPIVOT label_sums ON COLUMNS('repwtp[0-9]+') INTO NAME column_name VALUE weight)
    GROUP BY ALL
),
-- Allocation: sums of the area = sum over its PUMAs of allocation factor times sum of the PUMA
area_sums AS MATERIALIZED (
    SELECT sample, statefip, geoid, family, subgroup, replicate,
           sum(afact * numerator) AS numerator, sum(afact * denominator) AS denominator
    FROM replicate_sums
    JOIN allocation USING (statefip, puma)
    SEMI JOIN kept USING (sample, statefip, geoid, family, subgroup)
    GROUP BY ALL
),
-- Share of the full sample, and of each replicate
full_shares AS (
    SELECT * EXCLUDE (replicate), numerator::DOUBLE / nullif(denominator, 0)::DOUBLE AS share FROM area_sums WHERE replicate = 0
),
replicate_shares AS (
    SELECT * EXCLUDE (numerator, denominator), numerator::DOUBLE / nullif(denominator, 0)::DOUBLE AS replicate_share
    FROM area_sums
    WHERE replicate > 0
),
-- Standard error by successive difference replication around the full-sample share
errors AS (
    SELECT sample, geoid, family, subgroup,
           replicate_standard_error(replicate_share, share, replicate) AS standard_error
    FROM replicate_shares
    JOIN full_shares USING (sample, statefip, geoid, family, subgroup)
    GROUP BY ALL
),
-- Design of a state: all records that are part of a kept cell of the family
design_groups AS (
    SELECT DISTINCT sample, statefip, family, puma, subgroup_key, records
    FROM (SELECT sample, statefip, puma, subgroup_key, sum(records) AS records FROM puma_sums GROUP BY ALL)
    JOIN key_labels USING (sample, subgroup_key)
    JOIN (SELECT DISTINCT sample, statefip, puma, family, subgroup FROM kept JOIN allocation USING (statefip, geoid))
        USING (sample, statefip, puma, family, subgroup)
),
-- Rank of the replicate weights: 80 where a design has many records, else computed from its records
small_designs AS (
    SELECT sample, statefip, family
    FROM design_groups
    GROUP BY ALL
    HAVING sum(records) < full_rank_records()
),
small_design_ranks AS (
    SELECT sample, statefip, family, matrix_rank(list([*COLUMNS('repwtp[0-9]+')] ORDER BY serialno, pernum)) AS rank
    FROM records
    JOIN design_groups USING (sample, statefip, puma, subgroup_key)
    SEMI JOIN small_designs USING (sample, statefip, family)
    GROUP BY ALL
),
-- Degrees of freedom of the t quantile: rank of the state's design less one (card employment, section 7)
design_degrees AS (
    SELECT designs.*, CASE WHEN small_designs.family IS NULL THEN 80 ELSE rank END - 1 AS degrees_of_freedom
    FROM (SELECT DISTINCT sample, statefip, family FROM design_groups) AS designs
    LEFT JOIN small_designs USING (sample, statefip, family)
    LEFT JOIN small_design_ranks USING (sample, statefip, family)
),
-- Share, standard error and bounds: estimate -/+ t times standard error, clipped to 0 and 1
estimates AS (
    SELECT full_shares.*, standard_error, degrees_of_freedom,
           clip_share(share - student_t_975(degrees_of_freedom) * standard_error) AS lower,
           clip_share(share + student_t_975(degrees_of_freedom) * standard_error) AS upper
    FROM full_shares
    JOIN design_degrees USING (sample, statefip, family)
    LEFT JOIN errors USING (sample, geoid, family, subgroup)
),
-- Areas of the output: counties of the period, places of both periods (card employment, section 5)
areas AS (
    SELECT statefip, geoid,
           max(geographic_allocation_quality) FILTER (WHERE crosswalk_period = getvariable('crosswalk_period')) AS quality
    FROM crosswalk
    WHERE statefip <> '72'
      AND (crosswalk_period = getvariable('crosswalk_period') OR getvariable('geography') = 'place')
    GROUP BY ALL
),
-- Every area and label, whether or not there is an estimate
grid AS (
    SELECT areas.*, labels.*, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family
    FROM areas, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup) AS labels
),
-- States and samples that have records
states_at_hand AS (
    SELECT DISTINCT sample, statefip, true AS state_at_hand, true AS sample_at_hand FROM puma_sums
)
SELECT getvariable('measure') AS measure, geoid, subgroup_type, subgroup, share AS value, lower, upper,
       CASE WHEN share IS NOT NULL THEN quality END AS quality,
       standard_error, numerator, denominator, sample_size,
       CASE WHEN share IS NOT NULL AND standard_error IS NULL THEN 'no replicate weights'
            WHEN share IS NOT NULL THEN NULL
            WHEN NOT EXISTS (FROM states_at_hand WHERE states_at_hand.sample = grid.sample) THEN 'no input for sample'
            WHEN state_at_hand IS NULL THEN 'no input for state'
            WHEN quality IS NULL THEN 'no crosswalk for this place in this period'
            ELSE 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN estimates USING (sample, statefip, geoid, family, subgroup)
LEFT JOIN cells USING (sample, statefip, geoid, family, subgroup)
LEFT JOIN states_at_hand USING (sample, statefip)
