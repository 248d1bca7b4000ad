-- LEAIC 2012: an ORI of -1 is not in UCR.
SELECT ORI9 AS ori, FIPS_COUNTY AS county, FPLACE AS place
FROM raw
WHERE ORI9 <> '-1'
ORDER BY ori, county, place
