-- Years named in the footer of an export of CDC WONDER, in ascending order (NULL where it names none): 2016; 2017 (provisional).
CREATE OR REPLACE MACRO years_asked_for(text) AS
    list_sort(list_transform(regexp_extract_all(text, '(19|20)[0-9]{2}'), lambda year: year::BIGINT));
