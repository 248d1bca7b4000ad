-- Batch header of a year: agencies of the states with codes for state and counties (card reported-crime, section 3.2).
SELECT ori,
       agency_indicator AS agency_type,
       states.STATE AS state,
       city_name,
       CASE upper(core_city) WHEN 'Y' THEN true WHEN 'N' THEN false END AS core_city,
       fips_county_code_1 AS first_county,
       list_filter([fips_county_code_1, fips_county_code_2, fips_county_code_3, fips_county_code_4, fips_county_code_5],
                   lambda code: code IS NOT NULL) AS counties,
       number_of_months_reported::SMALLINT AS months
FROM raw
-- NIBRS abbreviates Nebraska as NB
LEFT JOIN states ON STUSAB = CASE state_abbreviation WHEN 'NB' THEN 'NE' ELSE state_abbreviation END
WHERE year::INTEGER = getvariable('vintage')[:4]::INTEGER
  AND lower(raw.state) NOT IN ('guam', 'puerto rico', 'virgin islands')
ORDER BY ori
