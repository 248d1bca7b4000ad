-- A table of a sums pack, as it is.
FROM packed
