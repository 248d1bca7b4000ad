-- Primary care physicians and population by county, 2022.
SELECT 2022::SMALLINT AS year, fips_st || fips_cnty AS geoid, phys_nf_prim_care_pc_exc_rsdt_22::BIGINT AS physicians,
       popn_est_22::BIGINT AS population
FROM raw
ORDER BY geoid
