-- H+T Index by tract: households, and for the household at 80 percent of the area median income the percentage of transit
-- commuters and of income that goes to transportation; with the number of tracts that the state has in the decade.
WITH
-- Tracts of each state in the decade
state_lists AS (
    SELECT state, count(*) AS tracts_of_state FROM tract_list GROUP BY state
)
SELECT tract AS geoid, tract[:2] AS state, households::DOUBLE AS households,
       pct_transit_commuters_80ami::DOUBLE AS pct_transit_commuters, t_80ami::DOUBLE AS pct_transportation_cost,
       tracts_of_state
FROM raw
LEFT JOIN state_lists ON state_lists.state = tract[:2]
ORDER BY geoid
