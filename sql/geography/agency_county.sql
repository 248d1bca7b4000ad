-- Agencies to counties (card reported-crime, section 3.2). State police cover many counties and are left out.
WITH
-- Step 3: agencies without a first county take that of LEAIC
agency_counties AS (
    SELECT ori, state, core_city, months, unnest(counties) AS county
    FROM nibrs_agency
    WHERE agency_type IS DISTINCT FROM 'state police' AND first_county IS NOT NULL
    UNION ALL
    SELECT ori, nibrs_agency.state, core_city, months, leaic_agency.county
    FROM nibrs_agency JOIN leaic_agency USING (ori)
    WHERE agency_type IS DISTINCT FROM 'state police' AND first_county IS NULL
),
-- Step 4: county codes; where the method's rule says so those of today for codes that ended
coded AS (
    SELECT ori, core_city, months, coalesce(new_geoid, state || county) AS geoid
    FROM agency_counties
    LEFT JOIN (FROM county_code_change
               WHERE first_year <= getvariable('year') AND NOT getvariable('rule_old_county_codes')) AS changes
      ON old_geoid = state || county
    WHERE county IS NOT NULL AND state IS NOT NULL
)
-- Steps 5 and 6: counties with a population, and the agency's weight in each
SELECT ori, (row_number() OVER (PARTITION BY ori ORDER BY geoid))::INTEGER AS position, geoid,
       population / sum(population) OVER (PARTITION BY ori) AS weight, core_city, months
FROM coded
JOIN acs_population USING (geoid)
ORDER BY ori, position
