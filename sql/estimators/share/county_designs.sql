-- What the design of a state's counties is made of: the PUMAs and labels of the cells of counties that would be kept (card
-- employment, section 7). Read for regions, whose design is that of their states' counties and their own.
WITH
-- Labels of each key; the total of a family (own total) is the same estimate as All
key_labels AS (
    SELECT DISTINCT sample, subgroup_key, CASE subgroup WHEN 'All' THEN 'all' ELSE subgroup_type END AS family, subgroup
    FROM subgroup
),
-- Allocation factors of counties in the period of the year, of the states whose designs are needed
county_factors AS (
    SELECT statefip, puma, geoid AS county, afact
    FROM design_allocation
    SEMI JOIN design_states USING (statefip)
    WHERE crosswalk_period = crosswalk_period(getvariable('year'))
),
-- Cells of counties with an effective sample that is not suppressed
county_cells AS (
    SELECT sample, statefip, county, family, subgroup
    FROM (SELECT sample, statefip, puma, family, subgroup, sum(records)::BIGINT AS records
          FROM sums
          SEMI JOIN county_factors USING (statefip, puma)
          JOIN key_labels USING (sample, subgroup_key)
          GROUP BY ALL)
    JOIN county_factors USING (statefip, puma)
    GROUP BY ALL
    HAVING sum(afact * records) >= getvariable('minimum_effective_sample')
)
SELECT DISTINCT sample, statefip, puma, family, subgroup
FROM county_cells
JOIN county_factors USING (statefip, county)
