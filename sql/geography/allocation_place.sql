-- Allocation of microdata to places: what share of the records of a PUMA counts in each place, in both periods (card
-- geography-crosswalks, section 3.2; without Puerto Rico). Factors as decimals, so that allocated sums are exact in any
-- order. Public-use microdata identify no place.
SELECT crosswalk_period, statefip, puma, geoid, afact::DECIMAL(18, 15) AS afact, sum_products,
       geographic_allocation_quality, NULL::VARCHAR AS identified_geoid
FROM puma_to_place
WHERE statefip <> '72' AND afact > 0
ORDER BY crosswalk_period, statefip, puma, geoid
