-- ZIP code tabulation areas with their shape.
SELECT ZCTA5CE10 AS zcta, shape_area(shape) AS area, shape_bounds(shape) AS bounds, shape AS geometry
FROM (SELECT *, unhex(geometry) AS shape FROM raw)
ORDER BY zcta
