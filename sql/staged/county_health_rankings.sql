-- Primary care physicians and injury deaths by county; lines of a whole state or the nation (county 000) are left out.
SELECT FIPS AS geoid,
       "Primary care physicians: # Primary Care Physicians"::BIGINT AS physicians,
       "Primary care physicians: Primary Care Physicians Rate"::DOUBLE AS physicians_per_100k,
       "Injury deaths: # Injury Deaths"::BIGINT AS injury_deaths,
       "Injury deaths: Injury Death Rate"::DOUBLE AS injury_death_rate
FROM raw
WHERE FIPS NOT LIKE '%000'
ORDER BY geoid
