-- Economic connectedness by county, as published (share over 0.5).
SELECT county AS geoid, ec_county::DOUBLE AS connectedness, ec_se_county::DOUBLE AS standard_error
FROM raw
ORDER BY geoid
