-- CPI-U by period.
SELECT period, price_index::DOUBLE AS price_index
FROM raw
ORDER BY period
