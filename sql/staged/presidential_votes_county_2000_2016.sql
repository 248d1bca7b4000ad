-- Votes for president in the year of the vintage, as reported: one row per unit, candidate and party (file of 2000 to 2016).
SELECT raw_line,
       state_po,
       county AS unit_name,
       printf('%05d', FIPS::BIGINT) AS geoid,
       candidate,
       party,
       NULL::VARCHAR AS mode,
       candidatevotes::BIGINT AS votes,
       totalvotes::BIGINT AS total_votes
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER
  AND upper(office) IN ('PRESIDENT', 'US PRESIDENT')
ORDER BY raw_line
