-- The three workbooks of a year: tracts with a cancer risk, without the sums of states and counties (tract 000000).
SELECT tract, total_cancer_risk_per_million::DOUBLE AS cancer, total_neurological_hazard_quotient::DOUBLE AS neurological,
       total_respiratory_hazard_quotient::DOUBLE AS respiratory, NULL::DOUBLE AS tract_index
FROM cancer
LEFT JOIN (SELECT tract, total_neurological_hazard_quotient FROM neurological) USING (tract)
LEFT JOIN (SELECT tract, total_respiratory_hazard_quotient FROM respiratory) USING (tract)
WHERE total_cancer_risk_per_million IS NOT NULL AND tract[6:] <> '000000'
ORDER BY tract
