-- SEDA county file: reading and language arts; the state of the county is fips.
SELECT fips || right(sedacounty, 3) AS area, year::SMALLINT AS year, grade::TINYINT AS grade, student_group,
       score::DOUBLE AS score, score_error::DOUBLE AS score_error, tests::DOUBLE AS tests
FROM raw UNPIVOT INCLUDE NULLS ((score, score_error, tests) FOR student_group IN (
    (gcs_mn_all, gcs_mn_se_all, tot_asmt_all) AS 'all',
    (gcs_mn_wht, gcs_mn_se_wht, tot_asmt_wht) AS 'wht',
    (gcs_mn_blk, gcs_mn_se_blk, tot_asmt_blk) AS 'blk',
    (gcs_mn_hsp, gcs_mn_se_hsp, tot_asmt_hsp) AS 'hsp',
    (gcs_mn_ecd, gcs_mn_se_ecd, tot_asmt_ecd) AS 'ecd',
    (gcs_mn_nec, gcs_mn_se_nec, tot_asmt_nec) AS 'nec',
    (gcs_mn_mal, gcs_mn_se_mal, tot_asmt_mal) AS 'mal',
    (gcs_mn_fem, gcs_mn_se_fem, tot_asmt_fem) AS 'fem'
))
WHERE subject = 'rla'
ORDER BY area, year, grade, student_group
