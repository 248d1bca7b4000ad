-- Primary care physicians and population by county, 2014 to 2020 (population of 2020: decennial census).
SELECT year::SMALLINT AS year, f00011 || f00012 AS geoid, physicians::BIGINT AS physicians, population::BIGINT AS population
FROM raw,
LATERAL (VALUES
    (2014, f1467514, f1198414),
    (2015, f1467515, f1198415),
    (2016, f1467516, f1198416),
    (2017, f1467517, f1198417),
    (2018, f1467518, f1198418),
    (2019, f1467519, f1198419),
    (2020, f1467520, f0453020)
) AS years(year, physicians, population)
ORDER BY year, geoid
