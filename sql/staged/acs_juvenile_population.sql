-- Tables B01001, B01001A, B01001B and B01001I: residents aged 10 to 14 and 15 to 17 (card juvenile-arrests, section 2).
WITH
-- Counties and places of the states
areas AS (
    SELECT *, substr(GEO_ID, 10) AS geoid FROM everyone
    WHERE (GEO_ID LIKE '0500000US%' OR GEO_ID LIKE '1600000US%') AND GEO_ID NOT LIKE '%US72%'
)
SELECT geoid,
       areas.E005::BIGINT AS male_10_14, areas.E006::BIGINT AS male_15_17,
       areas.E029::BIGINT AS female_10_14, areas.E030::BIGINT AS female_15_17,
       white.E005::BIGINT + white.E006::BIGINT + white.E020::BIGINT + white.E021::BIGINT AS white,
       black.E005::BIGINT + black.E006::BIGINT + black.E020::BIGINT + black.E021::BIGINT AS black,
       hispanic.E005::BIGINT + hispanic.E006::BIGINT + hispanic.E020::BIGINT + hispanic.E021::BIGINT AS hispanic
FROM areas
LEFT JOIN white USING (GEO_ID)
LEFT JOIN black USING (GEO_ID)
LEFT JOIN hispanic USING (GEO_ID)
ORDER BY geoid
