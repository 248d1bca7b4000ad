-- The files have as many areas per year as the nation has (card evaluation-checks, B10 and C)
SELECT file, year, rows_of_year AS row_count, least * labels AS least, most * labels AS most
FROM rows_per_year
JOIN published_file USING (file)
JOIN (SELECT file, count(*) AS labels FROM published_label GROUP BY file) USING (file)
JOIN areas_expected AS expected
    ON expected.geography = published_file.geography AND year BETWEEN first_year AND last_year
WHERE NOT getvariable('synthetic') AND rows_of_year NOT BETWEEN least * labels AND most * labels
ORDER BY ALL
