-- EDFacts LEA file of 2014 to 2018: totals only. '.' is not reported; in 2018 the published file had no Bureau of
-- Indian Education schools (59), which the EDFacts file has.
SELECT LEAID AS leaid,
       'all' AS student_group,
       CASE WHEN TOTAL <> 'S' THEN TOTAL::BIGINT END AS reported_count,
       TOTAL = 'S' AS suppressed
FROM raw
WHERE TOTAL <> '.'
  AND NOT (getvariable('vintage') = '2018' AND LEAID LIKE '59%')
ORDER BY leaid
