-- Places of one state with their shape.
SELECT STATEFP || PLACEFP AS geoid, shape_area(shape) AS area, shape_bounds(shape) AS bounds, shape AS geometry
FROM (SELECT *, unhex(geometry) AS shape FROM raw)
ORDER BY geoid
