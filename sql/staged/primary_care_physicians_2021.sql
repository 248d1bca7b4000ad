-- Primary care physicians and population by county, 2021.
SELECT 2021::SMALLINT AS year, fips_st || fips_cnty AS geoid, phys_nf_prim_care_pc_exc_rsdt_21::BIGINT AS physicians,
       popn_est_21::BIGINT AS population
FROM raw
ORDER BY geoid
