-- Names of places as other agencies spell them; a name without a state holds in every state.
SELECT list, state, census_name, name
FROM raw
ORDER BY raw_line
