-- Arrestee and Group B arrest report segments: a row is an arrest, citation or summons (card juvenile-arrests, section 3).
WITH
-- Arrests of both segments
arrests AS (
    SELECT ori, age_of_arrestee::INTEGER AS age, sex_of_arrestee AS sex, race_of_arrestee AS race,
           ethnicity_of_arrestee AS ethnicity
    FROM (FROM arrestee UNION ALL FROM group_b)
)
SELECT ori,
       count(*) AS arrests,
       count(*) FILTER (age BETWEEN 10 AND 17) AS juvenile,
       count(*) FILTER (age BETWEEN 10 AND 17 AND race = 'white') AS white,
       count(*) FILTER (age BETWEEN 10 AND 17 AND race = 'black') AS black,
       count(*) FILTER (age BETWEEN 10 AND 17 AND race IN ('american indian/alaskan native', 'asian',
                                                           'native hawaiian or other pacific islander')) AS other_races,
       count(*) FILTER (age BETWEEN 10 AND 17 AND ethnicity = 'hispanic or latino') AS hispanic,
       count(*) FILTER (age BETWEEN 10 AND 17 AND ethnicity IS NULL) AS without_ethnicity,
       count(*) FILTER (age BETWEEN 10 AND 17 AND sex = 'male') AS male,
       count(*) FILTER (age BETWEEN 10 AND 17 AND sex = 'female') AS female,
       count(*) FILTER (age BETWEEN 10 AND 14) AS age_10_14,
       count(*) FILTER (age BETWEEN 15 AND 17) AS age_15_17
FROM arrests
GROUP BY ori
ORDER BY ori
