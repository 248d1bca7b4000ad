-- Enrollment by race over all grades and both sexes. Negative codes mean not reported: NULL, never a number.
SELECT leaid,
       race::INTEGER AS race,
       CASE WHEN enrollment::BIGINT >= 0 THEN enrollment::BIGINT END AS enrollment
FROM raw
WHERE grade::INTEGER = 99
  AND sex::INTEGER = 99
  AND race::INTEGER BETWEEN 1 AND 7
ORDER BY leaid, race
