-- Rows that stand for records where a pack carries sums without them: they span the same space as the replicate weights of the
-- records, so that the rank of any design made of them is that of its records (degrees of freedom, card employment, section
-- 7). Only of PUMAs and subgroup keys that a small design of a region may be made of: where the counties of a state have a
-- design of full_rank_records() or more, every region of the state has full rank.
WITH
-- Labels of each key; the total of a family (own total) is the same estimate as All
key_labels AS (
    SELECT DISTINCT sample, subgroup_key, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, subgroup
    FROM subgroup
),
-- PUMAs and subgroup keys of each state's design of counties, with their records
design_groups AS (
    SELECT DISTINCT sample, family, statefip, puma, subgroup_key, records
    FROM county_designs
    JOIN key_labels USING (sample, family, subgroup)
    JOIN (SELECT sample, statefip, puma, subgroup_key, sum(records) AS records FROM sums GROUP BY ALL)
        USING (sample, statefip, puma, subgroup_key)
),
-- States and families of full rank
full_designs AS (
    SELECT sample, statefip, family FROM design_groups GROUP BY ALL HAVING sum(records) >= full_rank_records()
),
-- PUMAs and subgroup keys of all others
small_groups AS (
    SELECT DISTINCT sample, statefip, puma, subgroup_key
    FROM sums
    JOIN key_labels USING (sample, subgroup_key)
    ANTI JOIN full_designs USING (sample, statefip, family)
),
-- Replicate weights of the records of each, as at most 80 rows of the same space
spanning_rows AS (
    SELECT sample, statefip, puma, subgroup_key,
           unnest(spanning_rows(list([*COLUMNS('^repwt[0-9]+$')]::DOUBLE[] ORDER BY serialno, pernum))) AS replicate_weights
    FROM records
    JOIN small_groups USING (sample, statefip, puma, subgroup_key)
    GROUP BY ALL
)
SELECT sample, statefip, puma, subgroup_key, statefip || puma AS serialno,
       row_number() OVER (PARTITION BY sample, statefip, puma ORDER BY subgroup_key, replicate_weights) AS pernum,
       replicate_weights
FROM spanning_rows
ORDER BY sample, statefip, puma, pernum
