-- Weights and replicate weights of a share metric per PUMA, subgroup key and outcome, without geography: whole numbers.
-- Shares are ratios of sums, so every area and label starts from these rows and no record is read twice.
SELECT sample, statefip, puma, subgroup_key, outcome, count(*) AS records, sum(weight)::BIGINT AS weight,
       sum(COLUMNS('(repwt[0-9]+)'))::BIGINT AS '\1'
FROM records
GROUP BY ALL
ORDER BY sample, statefip, puma, subgroup_key, outcome
