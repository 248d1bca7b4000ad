-- HUD's income limits for a family of four: extremely low, very low and low income, named here 30, 50 and 80 percent of
-- area median income (card housing-affordability, section 2b). One row per county, in New England one per town; the town
-- is the county subdivision in HUD's code, 99999 for a whole county.
SELECT state,
       county,
       substr(fips2010, 6, 5) AS town,
       eli_4::INTEGER AS limit_30,
       l50_4::INTEGER AS limit_50,
       l80_4::INTEGER AS limit_80
FROM raw
ORDER BY state, county, town
