-- Social capital: membership associations per 10,000 people (card social-capital, part A) and economic connectedness (part B).
-- The inputs of the other geography have no rows.
WITH
-- Establishments of the ten kinds of associations by county; a count for all kinds together has no code
associations_of_counties AS (
    SELECT geoid, sum(establishments)::DOUBLE AS associations
    FROM county_establishments
    WHERE naics IS NULL OR list_contains(getvariable('kinds_of_associations'), naics)
    GROUP BY geoid
),
-- The same under the code that the county has in the year, where the method's rule says so
associations_by_code_of_the_year AS (
    SELECT coalesce(new_geoid, geoid) AS geoid, sum(associations) AS associations
    FROM associations_of_counties
    LEFT JOIN (SELECT old_geoid, any_value(new_geoid) AS new_geoid
               FROM county_code_change
               WHERE first_year <= getvariable('year') AND NOT getvariable('rule_old_county_codes')
               GROUP BY old_geoid
               HAVING count(*) = 1) ON old_geoid = geoid
    GROUP BY 1
),
-- Establishments of the ten kinds by ZIP code
associations_of_zips AS (
    SELECT zip, sum(establishments)::DOUBLE AS associations
    FROM zip_establishments
    WHERE list_contains(getvariable('kinds_of_associations'), naics)
    GROUP BY zip
),
-- Parts of ZCTAs in places: both crosswalks, or that of the year, as the method's rule says
crosswalk AS (
    SELECT zcta, place_geoid, vintage, zcta_to_place, place_to_zcta
    FROM zcta_place
    WHERE getvariable('rule_places_counted_twice') OR vintage = CASE WHEN getvariable('year') < 2020 THEN '2010' ELSE '2020' END
),
-- Associations of a place; ZIP codes that are no ZCTA are lost
associations_of_places AS (
    SELECT place_geoid AS geoid, sum(associations * zcta_to_place ORDER BY vintage, zcta) AS associations
    FROM associations_of_zips
    JOIN crosswalk ON zcta = zip
    GROUP BY place_geoid
),
-- Allocation quality of a place
allocation AS (
    SELECT place_geoid AS geoid, sum(zcta_to_place * place_to_zcta ORDER BY vintage, zcta) AS sum_products
    FROM crosswalk
    GROUP BY place_geoid
),
-- Associations of the areas of the year per 10,000 residents, one decimal
rates AS (
    SELECT universe.geoid, population, associations, sum_products,
           round_half_even(associations / (population / 10000.0::DOUBLE), 1) AS rate
    FROM universe
    LEFT JOIN (FROM associations_by_code_of_the_year UNION ALL FROM associations_of_places) USING (geoid)
    LEFT JOIN allocation USING (geoid)
    WHERE year = getvariable('year')
),
-- Connectedness by ZCTA, with its weight in each place
zcta_parts AS (
    SELECT place_geoid AS geoid, zcta, share_of_zcta, connectedness,
           CASE WHEN getvariable('rule_area_weights') THEN share_of_zcta
                ELSE share_of_zcta * coalesce(low_status_people, 0) END AS weight
    FROM zcta_area
    JOIN zip_friends USING (zcta)
    WHERE connectedness IS NOT NULL
      AND (substr(county_geoid, 1, 2) = substr(place_geoid, 1, 2) OR NOT getvariable('rule_zcta_of_another_state'))
),
-- Connectedness of a place: weighted mean, and the part of its ZCTAs that lie wholly inside
connectedness_of_places AS (
    SELECT geoid,
           sum(weight * connectedness ORDER BY zcta) / nullif(sum(weight ORDER BY zcta), 0) AS connectedness,
           count(*) FILTER (WHERE share_of_zcta = 1) / count(DISTINCT zcta) AS wholly_inside
    FROM zcta_parts
    GROUP BY geoid
),
-- Connectedness as a share: 0.5 of what the source has, which is over 0.5
connectedness AS (
    SELECT geoid, 0.5::DOUBLE * connectedness AS share, 0.5::DOUBLE * standard_error AS standard_error, 1 AS quality
    FROM county_friends
    UNION ALL
    SELECT geoid, 0.5::DOUBLE * connectedness, NULL,
           CASE WHEN wholly_inside >= 0.5 THEN 1
                WHEN wholly_inside > 0.15 OR wholly_inside = 0.15 AND NOT getvariable('rule_gap_in_the_flag') THEN 2
                WHEN wholly_inside < 0.15 THEN 3 END
    FROM connectedness_of_places
),
-- Connectedness of the areas of its list
shares AS (
    SELECT universe.geoid, share, standard_error, quality
    FROM universe
    LEFT JOIN connectedness USING (geoid)
    WHERE year = getvariable('friendship_list') AND getvariable('year') = getvariable('friendship_year')
),
-- Which inputs are at hand
at_hand AS (
    SELECT EXISTS (FROM county_establishments) OR EXISTS (FROM associations_of_zips) AND EXISTS (FROM crosswalk) AS patterns,
           EXISTS (FROM county_friends) OR EXISTS (FROM zip_friends) AND EXISTS (FROM zcta_area) AS friends
)
SELECT 'count_membership_associations_per_10k' AS measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       rate AS value,
       CASE WHEN rate IS NULL THEN NULL
            WHEN getvariable('geography') = 'county' THEN 1
            ELSE allocation_quality(sum_products) END AS quality,
       CASE WHEN rate IS NOT NULL THEN associations END AS numerator,
       CASE WHEN rate IS NOT NULL THEN population END AS denominator,
       CASE WHEN rate IS NOT NULL THEN NULL
            WHEN NOT patterns THEN 'no input: business patterns'
            WHEN population IS NULL THEN 'no population'
            ELSE 'no membership associations in the source' END AS note
FROM rates, at_hand
UNION ALL BY NAME
SELECT 'share_economic_connectedness' AS measure, geoid, 'all' AS subgroup_type, 'All' AS subgroup,
       share AS value,
       share - 1.959963984540054::DOUBLE * standard_error AS lower,
       share + 1.959963984540054::DOUBLE * standard_error AS upper,
       CASE WHEN share IS NOT NULL THEN quality END AS quality,
       CASE WHEN share IS NOT NULL THEN standard_error END AS standard_error,
       CASE WHEN share IS NOT NULL THEN NULL
            WHEN NOT friends THEN 'no input: Social Capital Atlas'
            ELSE 'no value in the source' END AS note
FROM shares, at_hand
