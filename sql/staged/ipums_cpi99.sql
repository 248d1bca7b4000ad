-- Price factors of IPUMS between the dollars of two years.
SELECT dollars_of::SMALLINT AS dollars_of, in_dollars_of::SMALLINT AS in_dollars_of, factor::DOUBLE AS factor
FROM raw
ORDER BY dollars_of, in_dollars_of
