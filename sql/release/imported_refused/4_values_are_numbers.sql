-- A value or bound is a number or missing, a pair of shares two numbers with three decimals
SELECT line, "column", text AS found
FROM (UNPIVOT (FROM published_text) ON COLUMNS(* EXCLUDE (line, year, state, area, subgroup_type, subgroup))
      INTO NAME "column" VALUE text)
JOIN imported_column USING ("column")
WHERE role <> 'quality'
  AND CASE WHEN format = 'share_pair' THEN NOT regexp_full_match(text, '[0-9]+[.][0-9]{3}:[0-9]+[.][0-9]{3}')
           ELSE coalesce(isfinite(TRY_CAST(text AS DOUBLE)), false) = false END
ORDER BY ALL
