-- Fewer values than this say nothing about whether a table is whole.
CREATE OR REPLACE MACRO least_values() AS 30;
