-- Voter turnout: votes for president over citizens of voting age (card voter-turnout, sections 3 and 8). Counties from the
-- returns by county; places from precincts, whose votes are taken to be spread evenly over their area.
WITH
-- Votes as reported, with the county of the reporting unit; NULL where it is no county
units AS (
    SELECT CASE WHEN list_contains(getvariable('states_by_district'), state_po) THEN NULL
                WHEN geoid IS NULL THEN getvariable('county_of_unit_without_code')[state_po]
                WHEN NOT getvariable('rule_kansas_city_votes') THEN coalesce(getvariable('county_of_city_board')[geoid], geoid)
                ELSE geoid END AS unit_geoid,
           votes, total_votes
    FROM county_votes
),
-- The county under its code of the year
reported AS (
    SELECT coalesce(new_geoid, unit_geoid) AS geoid, unit_geoid, votes, total_votes
    FROM units
    LEFT JOIN county_code_change ON old_geoid = unit_geoid AND first_year <= getvariable('year')
    WHERE unit_geoid IS NOT NULL
),
-- Votes of a county: all candidates together, or the total that the file repeats on every line
unit_votes AS (
    SELECT geoid,
           CASE WHEN getvariable('votes') = 'candidates' THEN sum(votes) ELSE max(total_votes) END AS counted,
           bool_or(votes IS NULL AND getvariable('votes') = 'candidates') AS incomplete
    FROM reported
    GROUP BY geoid
),
-- States that the returns give by district
states_by_district AS (
    SELECT DISTINCT substr(geoid, 1, 2) AS state
    FROM county_votes
    WHERE list_contains(getvariable('states_by_district'), state_po)
),
-- Counties: votes and citizens of voting age
counties AS (
    SELECT universe.geoid,
           CASE WHEN NOT incomplete THEN counted END AS votes,
           citizens, margin_of_error,
           NULL::DOUBLE AS messiness,
           CASE WHEN substr(universe.geoid, 1, 2) IN (FROM states_by_district)
                THEN 'votes are reported by legislative district, not by county'
                WHEN counted IS NULL THEN 'no votes are reported for this county'
                WHEN incomplete THEN 'the votes for one candidate or more are missing in the returns'
                WHEN citizens IS NULL THEN 'no citizens of voting age for this county' END AS reason
    FROM universe
    LEFT JOIN unit_votes USING (geoid)
    LEFT JOIN county_citizens USING (geoid)
    WHERE getvariable('geography') = 'county' AND year = getvariable('year')
),
-- Votes of each precinct by the part of its area that lies in the place, and how evenly it is cut (0 to 0.5)
precinct_parts AS (
    SELECT place_geoid, state, precinct, share_of_precinct * votes AS part_votes,
           0.5 - abs(share_of_precinct - 0.5) AS cut
    FROM precinct_votes
),
-- Places: votes of all parts, and the mean cut of these votes
allocated AS (
    SELECT place_geoid AS geoid,
           sum(part_votes ORDER BY state, precinct) AS votes,
           sum(part_votes * cut ORDER BY state, precinct)
               / nullif(sum(part_votes ORDER BY state, precinct), 0) AS messiness
    FROM precinct_parts
    GROUP BY 1
),
-- States whose precincts are at hand; a neighbour's alone would give a place a few votes
states_at_hand AS (
    SELECT DISTINCT state FROM precinct_votes
),
-- Places: votes and citizens of voting age
places AS (
    SELECT universe.geoid,
           CASE WHEN at_hand.state IS NOT NULL THEN allocated.votes END AS votes,
           citizens, margin_of_error, messiness,
           CASE WHEN at_hand.state IS NULL THEN 'no input for state'
                WHEN allocated.votes IS NULL THEN 'no precinct or no boundary of this place'
                WHEN citizens IS NULL THEN 'no citizens of voting age for this place' END AS reason
    FROM universe
    LEFT JOIN allocated USING (geoid)
    LEFT JOIN states_at_hand AS at_hand ON at_hand.state = substr(universe.geoid, 1, 2)
    LEFT JOIN place_citizens USING (geoid)
    WHERE getvariable('geography') = 'place' AND year = getvariable('year')
),
-- Turnout, and the coefficient of variation of its denominator (margins of error are of the 90 percent level)
turnout AS (
    SELECT *, votes / nullif(citizens, 0) AS ratio, margin_of_error / 1.645 / nullif(citizens, 0) AS variation
    FROM (FROM counties UNION ALL FROM places)
),
-- The flag's parts: the denominator, cut precincts, modelled precincts
judged AS (
    SELECT *,
           CASE WHEN variation >= 0.15 THEN 3 WHEN variation >= 0.05 THEN 2 ELSE 1 END AS denominator_quality,
           CASE WHEN getvariable('geography') = 'county' OR messiness < 0.05 THEN 1
                WHEN messiness < 0.1 THEN 2 ELSE 3 END AS precinct_quality,
           CASE WHEN getvariable('geography') = 'place'
                     AND list_contains(getvariable('states_with_modelled_precincts')::VARCHAR[], substr(geoid, 1, 2))
                THEN 3 ELSE 1 END AS source_quality
    FROM turnout
)
SELECT 'share_election_turnout' AS measure,
       geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       CASE WHEN ratio > 1 THEN 1 ELSE ratio END AS value,
       CASE WHEN ratio IS NOT NULL OR reason = 'the votes for one candidate or more are missing in the returns'
            THEN greatest(denominator_quality, precinct_quality, source_quality) END AS quality,
       CASE WHEN ratio IS NOT NULL THEN votes END AS numerator,
       CASE WHEN ratio IS NOT NULL THEN citizens END AS denominator,
       CASE WHEN ratio > 1 THEN 'set to 1: more votes than citizens of voting age'
            WHEN ratio IS NULL THEN coalesce(reason, 'no citizens of voting age') END AS note
FROM judged
