-- Every PUMA of the records is in the crosswalk of the year's period (card acs-pums-microdata, quirk 1)
SELECT sample, sum(records)::BIGINT AS records_dropped, list(DISTINCT statefip || puma ORDER BY statefip || puma) AS pumas
FROM puma_records
ANTI JOIN (FROM allocation WHERE crosswalk_period = crosswalk_period(getvariable('year'))) AS known USING (statefip, puma)
WHERE puma IS NOT NULL AND statefip <> '72'
GROUP BY sample
ORDER BY sample
