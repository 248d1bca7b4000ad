-- Counties that public-use microdata identify. IPUMS USA gives a county code (COUNTYFIP) where a county consists of whole
-- PUMAs; the Census Bureau's files have none, so the rule is applied to the crosswalk. It gives the codes of the IPUMS
-- file of Illinois 2018 (18 counties, 71 of 88 PUMAs) and the seven Connecticut regions of card housing-wealth, section 5.
WITH
-- PUMAs that lie mostly in a county are the county's PUMAs
main_pumas AS (
    SELECT crosswalk_period, statefip, county, puma, population, population / afact AS puma_population, county_pop
    FROM puma_to_county
    WHERE afact > 0.5
),
-- Share of the county's people outside its PUMAs plus share of its PUMAs' people outside the county
mismatches AS (
    SELECT crosswalk_period, statefip, county,
           1 - sum(population ORDER BY puma) / max(county_pop)
           + 1 - sum(population ORDER BY puma) / sum(puma_population ORDER BY puma) AS mismatch
    FROM main_pumas
    GROUP BY ALL
)
-- A county is identified below 1 percent: allocation factors are rounded, and boundaries moved by a few people
SELECT crosswalk_period, statefip, puma, county AS countyfip, mismatch
FROM main_pumas
JOIN mismatches USING (crosswalk_period, statefip, county)
WHERE mismatch < 0.01
ORDER BY crosswalk_period, statefip, puma
