-- One row per county and household type; the scrape of 2020 holds two counties twice, with the same amounts.
SELECT DISTINCT state, county, adults, children, wage::DOUBLE AS hourly_wage
FROM raw
ORDER BY state, county, adults, children
