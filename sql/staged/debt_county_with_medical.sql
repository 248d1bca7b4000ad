-- Debt in America: share of people with any, and with medical debt in collections, of all ZIP codes, those of color and the
-- white ones.
WITH
-- Shares of a county by kind of neighborhoods
shares AS (
    SELECT 'share_debt_coll' AS measure, "County FIPS" AS geoid, "Share with any debt in collections, All"::DOUBLE AS "all",
           "Share with any debt in collections, Comm of color"::DOUBLE AS "of color",
           "Share with any debt in collections, White comm"::DOUBLE AS white
    FROM overall
    UNION ALL
    SELECT 'share_medical_debt_coll', "County FIPS", "Share with medical debt in collections, All"::DOUBLE,
           "Share with medical debt in collections, Comm of color"::DOUBLE,
           "Share with medical debt in collections, White comm"::DOUBLE
    FROM medical
)
SELECT measure, geoid, kind AS neighborhoods,
       CASE kind WHEN 'all' THEN "all" WHEN 'of color' THEN "of color" ELSE white END AS share,
       NULL::DOUBLE AS lower, NULL::DOUBLE AS upper
FROM shares, (VALUES ('all'), ('of color'), ('white')) AS kinds(kind)
ORDER BY measure, geoid, neighborhoods
