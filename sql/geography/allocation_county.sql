-- Allocation of microdata to counties: what share of the records of a PUMA counts in each county, in both periods (card
-- geography-crosswalks, section 3.1; without Puerto Rico, as in every survey metric).
WITH
-- Parts of PUMAs in counties; factors as decimals, so that allocated sums are exact in any order
parts AS (
    SELECT crosswalk_period, statefip, puma, geoid, afact::DECIMAL(18, 15) AS afact, sum_products,
           geographic_allocation_quality
    FROM puma_to_county
    WHERE statefip <> '72' AND afact > 0
),
-- County that the public-use microdata identify by the PUMA
identified AS (
    SELECT crosswalk_period, statefip, puma, statefip || countyfip AS identified_geoid FROM identified_county
)
SELECT parts.*, identified_geoid
FROM parts
LEFT JOIN identified USING (crosswalk_period, statefip, puma)
ORDER BY crosswalk_period, statefip, puma, geoid
