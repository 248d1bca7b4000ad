-- A quality flag is 1, 2, 3, Strong, Marginal, Weak or missing
SELECT line, "column", text AS found
FROM (UNPIVOT (FROM published_text) ON COLUMNS(* EXCLUDE (line, year, state, area, subgroup_type, subgroup))
      INTO NAME "column" VALUE text)
JOIN imported_column USING ("column")
WHERE role = 'quality' AND text NOT IN ('1', '2', '3', 'Strong', 'Marginal', 'Weak')
ORDER BY ALL
