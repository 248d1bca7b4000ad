-- Votes for president in the year of the vintage, as reported: one row per unit, candidate, party and mode of voting.
SELECT raw_line,
       state_po,
       county_name AS unit_name,
       printf('%05d', county_fips::BIGINT) AS geoid,
       candidate,
       party,
       mode,
       candidatevotes::BIGINT AS votes,
       totalvotes::BIGINT AS total_votes
FROM raw
WHERE year::INTEGER = getvariable('vintage')::INTEGER
  AND upper(office) IN ('PRESIDENT', 'US PRESIDENT')
ORDER BY raw_line
