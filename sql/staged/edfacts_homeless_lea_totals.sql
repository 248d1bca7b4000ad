-- EDFacts LEA file of 2014 to 2018: totals only; '.' is not reported.
SELECT LEAID AS leaid,
       'all' AS student_group,
       CASE WHEN regexp_full_match(TOTAL, '[0-9]+') THEN TOTAL::BIGINT
            WHEN TOTAL IS DISTINCT FROM 'S' THEN refuse('TOTAL', TOTAL, 'a whole number, S, or . where it is not reported') END AS reported_count,
       TOTAL = 'S' AS suppressed
FROM raw
WHERE TOTAL IS DISTINCT FROM '.'
ORDER BY leaid
