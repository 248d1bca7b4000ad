-- EDFacts LEA file of 2014 to 2018: totals only; '.' is not reported.
SELECT LEAID AS leaid,
       'all' AS student_group,
       CASE WHEN TOTAL <> 'S' THEN TOTAL::BIGINT END AS reported_count,
       TOTAL = 'S' AS suppressed
FROM raw
WHERE TOTAL <> '.'
ORDER BY leaid
