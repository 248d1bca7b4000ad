-- Neighborhood exposure index (card racial-diversity, sections 3, 6 and 8).
WITH
-- Tracts and their people (line 1 of table B03002)
tracts AS (
    SELECT geoid AS tract_geoid, estimate AS people FROM race WHERE area = 'tract' AND line = 1
),
-- Steps 1 and 2: the four groups of each tract. The margin of several lines together counts those with people, and of the
-- others the largest once.
tract_groups AS (
    SELECT geoid AS tract_geoid,
           CASE line WHEN 3 THEN 'white_nh' WHEN 4 THEN 'black_nh' WHEN 12 THEN 'hispanic' ELSE 'other_nh' END AS race_group,
           sum(estimate) AS members,
           CASE WHEN count(margin) = count(*)
                THEN coalesce(sum(margin * margin) FILTER (WHERE estimate <> 0), 0)
                     + coalesce(max(margin * margin) FILTER (WHERE estimate = 0), 0) END AS squared_margin
    FROM race
    WHERE area = 'tract' AND line IN (3, 4, 5, 6, 7, 8, 9, 12)
    GROUP BY ALL
),
-- Step 3: tracts in their county or region, empty ones too where the method's rule says so; or with people in a place
located AS (
    SELECT tract_geoid, tract_geoid[:5] AS geoid, 1::DOUBLE AS afact, people
    FROM tracts
    WHERE getvariable('geography') = 'county' AND (people > 0 OR getvariable('rule_empty_tracts_in_quality'))
    UNION ALL
    SELECT tract_geoid, geoid, afact, people
    FROM tracts JOIN tract_to_place USING (tract_geoid)
    WHERE people > 0 OR (getvariable('geography') <> 'place' AND getvariable('rule_empty_tracts_in_quality'))
),
-- Steps 4 and 5: members of each group, and the people outside the group in the tract of an average one
areas AS (
    SELECT geoid, race_group,
           sum(afact * members ORDER BY tract_geoid) AS members,
           sum(afact * members * (people - members) / people ORDER BY tract_geoid) FILTER (WHERE people > 0) AS exposed,
           CASE WHEN count(squared_margin) = count(*)
                THEN sqrt(sum(afact ** CASE getvariable('geography') WHEN 'place' THEN getvariable('rule_allocated_margin') ELSE 2 END * squared_margin ORDER BY tract_geoid)) / 1.645
                END AS standard_error,
           count(*) FILTER (WHERE people > 0) AS tracts
    FROM located
    JOIN tract_groups USING (tract_geoid)
    GROUP BY geoid, race_group
),
-- Areas with tracts in a state that has no input
partly_at_hand AS (
    SELECT geoid FROM tract_to_place WHERE tract_geoid[:2] NOT IN (SELECT tract_geoid[:2] FROM tracts)
),
-- Every area of the year and every group, with whether the state's tracts are at hand
grid AS (
    SELECT geoid, race_group, state IN (SELECT tract_geoid[:2] FROM tracts) AND geoid NOT IN (FROM partly_at_hand) AS at_hand
    FROM universe, (VALUES ('black_nh'), ('hispanic'), ('other_nh'), ('white_nh')) AS race_groups(race_group)
    WHERE year = getvariable('year')
),
-- Steps 6 and 7: groups of 30 people or fewer are suppressed
noted AS (
    SELECT grid.*, areas.* EXCLUDE (geoid, race_group),
           CASE WHEN NOT at_hand THEN 'no input for state'
                WHEN tracts IS NULL THEN 'no tract of the input lies in this area'
                WHEN members < 30 OR (members = 30 AND getvariable('rule_thirty_is_suppressed'))
                THEN 'suppressed: 30 or fewer people of the group' END AS note
    FROM grid
    LEFT JOIN areas USING (geoid, race_group)
)
SELECT 'share_' || race_group || '_exposure' AS measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       CASE WHEN note IS NULL THEN exposed / members END AS value,
       CASE WHEN note IS NULL THEN variation_quality(standard_error / members) END AS quality,
       CASE WHEN note IS NULL THEN exposed END AS numerator,
       CASE WHEN note IS NULL THEN members END AS denominator,
       tracts AS sample_size,
       CASE WHEN note IS NULL AND standard_error IS NULL THEN 'no quality: no margin of error in the input' ELSE note END AS note
FROM noted
