-- Weighted share of records with outcome 1 of every area, with a 95 % interval from 80 replicate weights (card
-- employment, sections 3, 6, 7 and 8; the same for college-readiness and preschool). Allocation factors are applied to the
-- sums per PUMA, the 81 weights side by side. Records are read for the rank of small designs only. In a region's design are
-- the labels of county_designs too.
WITH
-- Labels of each key; the total of a family (own total) is the same estimate as All and is made once
key_labels AS (
    SELECT DISTINCT sample, subgroup_key, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, subgroup
    FROM subgroup
),
-- Allocation factors of the period of the year; allocation is the factor in units of 1e-10, so that allocated weights are
-- whole numbers
factors AS (
    SELECT statefip, puma, geoid, afact, allocation_units(afact) AS allocation
    FROM allocation
    WHERE crosswalk_period = crosswalk_period(getvariable('year'))
),
-- Areas of the output: counties of the period, places and regions of both periods (card employment, section 5). An area within
-- one state belongs to the design of this state; a region has a design of its own
areas AS (
    SELECT geoid, string_agg(DISTINCT statefip ORDER BY statefip) AS states,
           CASE WHEN getvariable('geography') IN ('county', 'place') THEN states ELSE geoid END AS design,
           max(geographic_allocation_quality) FILTER (WHERE crosswalk_period = crosswalk_period(getvariable('year')))
               AS quality
    FROM allocation
    WHERE crosswalk_period = crosswalk_period(getvariable('year')) OR getvariable('geography') <> 'county'
    GROUP BY geoid
),
-- Samples and states that have records
sums_at_hand AS (
    SELECT DISTINCT sample, statefip, true AS is_at_hand FROM sums
),
-- Areas all of whose states have records
at_hand AS (
    SELECT sample, geoid, bool_and(coalesce(is_at_hand, false)) AS state_at_hand
    FROM (SELECT DISTINCT statefip, geoid FROM allocation)
    CROSS JOIN (SELECT DISTINCT sample FROM sums)
    LEFT JOIN sums_at_hand USING (sample, statefip)
    GROUP BY ALL
),
-- Records per PUMA and label
label_records AS (
    SELECT sample, statefip, puma, family, subgroup, sum(records)::BIGINT AS records
    FROM sums
    SEMI JOIN factors USING (statefip, puma)
    JOIN key_labels USING (sample, subgroup_key)
    GROUP BY ALL
),
-- Effective sample of each area and label: records times allocation factor
cells AS MATERIALIZED (
    SELECT sample, geoid, family, subgroup, sum(afact * records) AS effective_sample, sum(records)::BIGINT AS sample_size
    FROM label_records
    JOIN factors USING (statefip, puma)
    SEMI JOIN (FROM at_hand WHERE state_at_hand) AS whole_areas USING (sample, geoid)
    GROUP BY ALL
),
-- Suppression: cells with an effective sample below 30 are removed before the estimation; the others with their PUMAs
kept AS (
    SELECT sample, geoid, family, subgroup, statefip, puma, allocation
    FROM cells
    JOIN factors USING (geoid)
    WHERE effective_sample >= getvariable('minimum_effective_sample')
),
-- PUMAs and labels of the kept cells, with the keys of the labels
kept_keys AS (
    SELECT sample, statefip, puma, family, subgroup, subgroup_key
    FROM (SELECT DISTINCT sample, statefip, puma, family, subgroup FROM kept)
    JOIN key_labels USING (sample, family, subgroup)
),
-- Sums per PUMA and label
label_sums AS (
    SELECT sample, statefip, puma, family, subgroup, outcome, sum(COLUMNS('^(weight|repwt[0-9]+)$'))::BIGINT AS '\1'
    FROM sums
    JOIN kept_keys USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Allocation: sums of the area = sum over its PUMAs of allocation factor times sum of the PUMA, of those with outcome 1 and
-- of all; weights in units of 1e-10
allocated AS (
    SELECT sample, geoid, family, subgroup,
           sum(CASE WHEN outcome = 1 THEN allocation * COLUMNS('^(weight|repwt[0-9]+)$') ELSE 0 END)::BIGINT AS 'numerator_\1',
           sum(allocation * COLUMNS('^(weight|repwt[0-9]+)$'))::BIGINT AS 'denominator_\1'
    FROM label_sums
    JOIN kept USING (sample, statefip, puma, family, subgroup)
    GROUP BY ALL
),
-- In persons or households, the 80 replicates of each sum as a list
replicates AS (
    SELECT sample, geoid, family, subgroup,
           of_allocation_units(numerator_weight) AS numerator,
           of_allocation_units(denominator_weight) AS denominator,
           list_transform([*COLUMNS('^numerator_repwt[0-9]+$')], lambda units: of_allocation_units(units)) AS numerators,
           list_transform([*COLUMNS('^denominator_repwt[0-9]+$')], lambda units: of_allocation_units(units)) AS denominators
    FROM allocated
),
-- Share of the full sample, and of each replicate
shares AS (
    SELECT *, numerator / nullif(denominator, 0) AS share,
           list_ratios(numerators, denominators) AS replicate_shares
    FROM replicates
),
-- Standard error by successive difference replication around the full-sample share
errors AS MATERIALIZED (
    SELECT * EXCLUDE (numerators, denominators, replicate_shares),
           replicate_standard_error(replicate_shares, share) AS standard_error
    FROM shares
),
-- Design of a state: all records that are part of a kept cell of the family; of a region: its own, and those of the kept cells
-- of its states' counties (county_designs), so that a region of one county has the county's
design_labels AS (
    SELECT sample, design, statefip, puma, family, subgroup
    FROM errors
    JOIN areas USING (geoid)
    JOIN factors USING (geoid)
    UNION
    SELECT sample, design, statefip, puma, family, subgroup
    FROM county_designs
    JOIN (SELECT DISTINCT geoid, statefip FROM factors) USING (statefip)
    JOIN areas USING (geoid)
),
-- PUMAs and subgroup keys of each design, with their records
design_groups AS (
    SELECT DISTINCT sample, design, family, statefip, puma, subgroup_key, records
    FROM design_labels
    JOIN key_labels USING (sample, family, subgroup)
    JOIN (SELECT sample, statefip, puma, subgroup_key, sum(records) AS records
          FROM sums
          SEMI JOIN (SELECT DISTINCT statefip FROM factors) AS states USING (statefip)
          GROUP BY ALL)
        USING (sample, statefip, puma, subgroup_key)
),
-- Rank of the replicate weights: 80 where a design has many records, else computed from its records, if it has bounds
small_designs AS (
    SELECT sample, design, family
    FROM design_groups
    SEMI JOIN (FROM errors JOIN areas USING (geoid) WHERE standard_error IS NOT NULL) AS with_error
        USING (sample, design, family)
    GROUP BY ALL
    HAVING sum(records) < full_rank_records()
),
-- PUMAs and subgroup keys of the small designs
small_design_groups AS (
    FROM design_groups SEMI JOIN small_designs USING (sample, design, family)
),
-- Only the PUMAs of small designs are read (the two columns alone, so that DuckDB can skip the others in the files; the nation
-- has fewer than the limit, which tells DuckDB that they are few)
small_design_records AS (
    FROM records
    SEMI JOIN (SELECT DISTINCT statefip, puma FROM small_design_groups LIMIT 10000) AS pumas USING (statefip, puma)
),
-- Rank of the replicate weights of each small design
small_design_ranks AS (
    SELECT sample, design, family,
           matrix_rank(list([*COLUMNS('^repwt[0-9]+$')]::DOUBLE[] ORDER BY statefip, serialno, pernum)) AS rank
    FROM small_design_records
    JOIN small_design_groups USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
),
-- Degrees of freedom of the t quantile: rank of the state's design less one (card employment, section 7)
degrees AS (
    SELECT geoid, errors.* EXCLUDE (geoid),
           CASE WHEN small_designs.family IS NULL THEN 80 ELSE rank END - 1 AS degrees_of_freedom
    FROM errors
    JOIN areas USING (geoid)
    LEFT JOIN small_designs USING (sample, design, family)
    LEFT JOIN small_design_ranks USING (sample, design, family)
),
-- Share, standard error and bounds: estimate -/+ t times standard error, clipped to 0 and 1
estimates AS (
    SELECT *,
           clip_share(share - student_t_975(degrees_of_freedom) * standard_error) AS lower,
           clip_share(share + student_t_975(degrees_of_freedom) * standard_error) AS upper
    FROM degrees
),
-- Every area and label, whether or not there is an estimate
grid AS (
    SELECT areas.*, labels.*, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family
    FROM areas, (SELECT DISTINCT sample, subgroup_type, subgroup FROM subgroup) AS labels
)
SELECT getvariable('measure') AS measure, geoid, subgroup_type, subgroup, share AS value, lower, upper,
       CASE WHEN share IS NOT NULL THEN quality END AS quality,
       standard_error, numerator, denominator, sample_size,
       CASE WHEN share IS NOT NULL AND standard_error IS NULL THEN 'no replicate weights'
            WHEN share IS NOT NULL THEN NULL
            WHEN NOT EXISTS (FROM sums_at_hand WHERE sums_at_hand.sample = grid.sample) THEN 'no input for sample'
            WHEN NOT coalesce(state_at_hand, false) THEN 'no input for state'
            WHEN quality IS NULL
            THEN 'no crosswalk for this ' || CASE getvariable('geography') WHEN 'place' THEN 'place' ELSE 'region' END || ' in this period'
            ELSE 'suppressed: n<30' END AS note
FROM grid
LEFT JOIN estimates USING (sample, geoid, family, subgroup)
LEFT JOIN cells USING (sample, geoid, family, subgroup)
LEFT JOIN at_hand USING (sample, geoid)
