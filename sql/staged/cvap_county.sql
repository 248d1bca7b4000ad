-- Citizens of voting age by county: the total lines of the tabulation, whose GEOID follows the letters US (summary level 050).
SELECT split_part(geoid, 'US', 2) AS geoid, geoname AS name, cvap_est::BIGINT AS citizens, cvap_moe::BIGINT AS margin_of_error
FROM raw
WHERE trim(lntitle) = 'Total' AND regexp_full_match(geoid, '050[0-9A-Z]*US[0-9]{5}')
ORDER BY geoid
