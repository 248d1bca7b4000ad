-- A quality flag is Strong, Marginal, Weak or missing (card evaluation-checks, C)
SELECT file, "column", text, count(*) AS cells
FROM cells
WHERE role = 'quality' AND text NOT IN ('Strong', 'Marginal', 'Weak')
GROUP BY ALL
ORDER BY ALL
