-- Invented values that depend on nothing but the name of what they belong to: the seed of a row and the name of a column.
-- A number from 0 up to 1
CREATE OR REPLACE MACRO draw(seed, name) AS
    md5_number_lower(concat_ws('/', 'mobility sample', seed, name))::DOUBLE / 18446744073709551616;
-- A number between low and high
CREATE OR REPLACE MACRO uniform(seed, name, low, high) AS low + draw(seed, name) * (high - low);
-- A whole number from low to high, both included
CREATE OR REPLACE MACRO whole(seed, name, low, high) AS low + floor(draw(seed, name) * (high - low + 1))::BIGINT;
-- True for this share of the rows
CREATE OR REPLACE MACRO chance(seed, name, share) AS draw(seed, name) < share;
-- One of the values of a list
CREATE OR REPLACE MACRO one_of(seed, name, choices) AS choices[1 + floor(draw(seed, name) * len(choices))::INTEGER];
-- One of the values of a map of value and whole weight
CREATE OR REPLACE MACRO weighted(seed, name, weights) AS
    one_of(seed, name, flatten(list_transform(map_entries(weights), lambda each: list_resize([each.key], each.value, each.key))));
-- An amount between the given equally likely steps, such as deciles
CREATE OR REPLACE MACRO between_quantiles(seed, name, steps) AS
    steps[1 + floor(draw(seed, name) * (len(steps) - 1))::INTEGER]
    + (draw(seed, name) * (len(steps) - 1) - floor(draw(seed, name) * (len(steps) - 1)))
      * (steps[2 + floor(draw(seed, name) * (len(steps) - 1))::INTEGER]
         - steps[1 + floor(draw(seed, name) * (len(steps) - 1))::INTEGER]);
-- 80 replicate weights: 0.3, 1 or 1.7 times the weight, as in successive difference replication
CREATE OR REPLACE MACRO replicate_weights(seed, weight) AS
    list_transform(string_split(sha256(seed) || md5(seed), '')[1:80],
                   lambda digit: round(weight * CASE WHEN digit < '4' THEN 0.3e0 WHEN digit < 'c' THEN 1e0 ELSE 1.7e0 END)::BIGINT);
-- A name in an invented file, which says that it is invented
CREATE OR REPLACE MACRO synthetic(name) AS 'SYNTHETIC ' || name;
-- The margin of error of a count: 12 where it is 0, else between a tenth and all of it
CREATE OR REPLACE MACRO margin_of(estimate, seed) AS
    CASE WHEN estimate = 0 THEN 12 ELSE 5 + (estimate * uniform(seed, 'margin', 0.1, 1))::BIGINT END;
