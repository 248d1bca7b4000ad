-- One LEA lies in one county, that of its office; no allocation (card student-homelessness, section 5).
SELECT leaid, state || county AS geoid, enrollment
FROM ccd_lea_county
ORDER BY leaid
