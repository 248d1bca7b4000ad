-- SEDA county file: reading and language arts; the state of the county is fips.
SELECT fips || right(sedacounty, 3) AS area, year::SMALLINT AS year, grade::TINYINT AS grade, student_group,
              CASE student_group WHEN 'all' THEN gcs_mn_all WHEN 'wht' THEN gcs_mn_wht WHEN 'blk' THEN gcs_mn_blk WHEN
            'hsp' THEN gcs_mn_hsp WHEN 'ecd' THEN gcs_mn_ecd WHEN 'nec' THEN gcs_mn_nec WHEN 'mal' THEN gcs_mn_mal
            WHEN 'fem' THEN gcs_mn_fem END::DOUBLE AS score,
              CASE student_group WHEN 'all' THEN gcs_mn_se_all WHEN 'wht' THEN gcs_mn_se_wht WHEN 'blk' THEN
            gcs_mn_se_blk WHEN 'hsp' THEN gcs_mn_se_hsp WHEN 'ecd' THEN gcs_mn_se_ecd WHEN 'nec' THEN gcs_mn_se_nec
            WHEN 'mal' THEN gcs_mn_se_mal WHEN 'fem' THEN gcs_mn_se_fem END::DOUBLE AS score_error,
              CASE student_group WHEN 'all' THEN tot_asmt_all WHEN 'wht' THEN tot_asmt_wht WHEN 'blk' THEN
            tot_asmt_blk WHEN 'hsp' THEN tot_asmt_hsp WHEN 'ecd' THEN tot_asmt_ecd WHEN 'nec' THEN tot_asmt_nec WHEN
            'mal' THEN tot_asmt_mal WHEN 'fem' THEN tot_asmt_fem END::DOUBLE AS tests
FROM raw, (VALUES ('all'), ('wht'), ('blk'), ('hsp'), ('ecd'), ('nec'), ('mal'), ('fem')) AS student_groups(student_group)
WHERE subject = 'rla'
ORDER BY area, year, grade, student_group
