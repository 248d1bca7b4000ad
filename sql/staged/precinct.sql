-- Precincts of one state, numbered as they lie in the file. The state is the first two letters of the file's name.
SELECT upper(substr(parse_filename(raw_file), 1, 2)) AS postal,
       raw_line AS precinct,
       votes::DOUBLE AS votes,
       shape_area(shape) AS area,
       shape_bounds(shape) AS bounds,
       shape AS geometry
FROM (SELECT *, unhex(geometry) AS shape FROM raw)
ORDER BY precinct
