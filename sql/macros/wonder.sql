-- What the footer of an export of CDC WONDER says was asked for.

-- Years named, in ascending order (NULL where it names none): 2016; 2017 (provisional).
CREATE OR REPLACE MACRO years_asked_for(text) AS
    list_sort(list_transform(regexp_extract_all(text, '(19|20)[0-9]{2}'), lambda year: year::BIGINT));

-- First words of the values of a parameter: Not of Not Hispanic or Latino, More of More than one race.
CREATE OR REPLACE MACRO words_asked_for(text) AS
    list_transform(string_split(text, ';'), lambda value: split_part(trim(value), ' ', 1));

-- These words of all groups by origin, and by race.
CREATE OR REPLACE MACRO origin_words() AS ['Hispanic', 'Not'];
CREATE OR REPLACE MACRO race_words() AS ['White', 'Black', 'American', 'Asian', 'Native', 'More'];

-- Whether a parameter is that of another group: by a word that is not of the group's words but of all groups', or, for a
-- group without words, by one of these that is lacking. A parameter of which all values were asked for is not in the footer.
CREATE OR REPLACE MACRO is_of_another_group(text, words_of_group, words_of_all) AS
    CASE WHEN text IS NULL THEN false
         WHEN words_of_group IS NULL THEN NOT list_has_all(words_asked_for(text), words_of_all)
         ELSE list_has_any(words_asked_for(text), list_filter(words_of_all, lambda word: NOT list_contains(words_of_group, word)))
    END;
