-- Offense segment: offenses by agency and code. A code that is in no list is refused, as its offenses would be lost.
SELECT ori, ucr_offense_code AS offense,
       coalesce(any_value(against),
                refuse('ucr_offense_code', ucr_offense_code, 'a code of nibrs_codes/offense_codes.csv')) AS against,
       count(*) AS offenses
FROM raw
LEFT JOIN codes ON codes.offense = ucr_offense_code
GROUP BY ori, ucr_offense_code
ORDER BY ori, offense
