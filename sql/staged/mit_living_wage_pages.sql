-- Saved county pages: twelve household types each.
SELECT state, county, adults, children, wage::DOUBLE AS hourly_wage
FROM raw
ORDER BY state, county, adults, children
