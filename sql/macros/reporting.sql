-- Quality of police data: share of the area's agencies that reported anything, or all of its core cities (card
-- reported-crime, section 8)
CREATE OR REPLACE MACRO reporting_quality(share, core_reporting) AS
    CASE WHEN share = 1 THEN 1 WHEN share >= 0.8e0 OR core_reporting = 1 THEN 2 WHEN share > 0 THEN 3 END;
