-- Citizens of voting age by place: the total lines of the tabulation, whose GEOID follows the letters US (summary level 160).
SELECT split_part(geoid, 'US', 2) AS geoid, geoname AS name, cvap_est::BIGINT AS citizens, cvap_moe::BIGINT AS margin_of_error
FROM raw
WHERE trim(lntitle) = 'Total' AND regexp_full_match(geoid, '160[0-9A-Z]*US[0-9]{7}')
ORDER BY geoid
