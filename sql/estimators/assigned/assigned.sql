-- Sums assigned to areas with their allocation factors, for metrics whose own SQL goes on from there (cards digital-access,
-- steps 7 and 8, and housing-wealth, section 3).
WITH
-- Sums and allocation factors of the period of the year
joined AS (
    SELECT sums.*, geoid, afact, sum_products,
           known_county(sums.statefip, countyfip, identified_geoid) AS known_geoid
    FROM sums
    JOIN allocation USING (statefip, puma)
    WHERE crosswalk_period = crosswalk_period(getvariable('year'))
),
-- Households of a known county count in full, once per crosswalk row of their PUMA; the others are allocated
told_apart AS (
    SELECT *, known_geoid IS NOT NULL AND getvariable('geography') = 'county'
              AND getvariable('rule_known_county_counted_per_crosswalk_row') AS known
    FROM joined
)
SELECT * EXCLUDE (statefip, puma, countyfip, known_geoid, known) REPLACE (
           CASE WHEN known THEN known_geoid ELSE geoid END AS geoid,
           CASE WHEN known THEN 1 ELSE afact END::DECIMAL(18, 15) AS afact,
           CASE WHEN known THEN 1 ELSE sum_products END AS sum_products
       )
FROM told_apart
