"""Shapefiles, zipped or not: attributes as text and the shape in the column ``geometry``.

A shape is hexadecimal WKB in the projection that the catalog names, without Z and M and repaired where it crosses itself.
"""

from __future__ import annotations

import fnmatch
from pathlib import Path

from pipeline.errors import InputError
from pipeline.readers import table, text


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed shapefiles (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    # GDAL and its data take a while to import.
    import geopandas

    member = _shapefile_in(path, spec.member)
    try:
        frame = geopandas.read_file(f"zip://{path}!{member}" if member else path)
    except Exception as error:  # pyogrio raises a different type for each kind of damage
        raise InputError(
            "A shapefile cannot be read",
            file=path,
            expected="a complete shapefile",
            found=f"{type(error).__name__}: {error}",
            advice="Get it again.",
        ) from error
    if frame.crs is None:
        raise InputError(
            "A shapefile does not say its coordinate system",
            file=path,
            expected="a .prj file beside the .shp",
            found="none",
            advice="Get it again, with all its parts.",
        )
    attributes = frame.drop(columns=frame.geometry.name)
    for column, pattern in spec.sums.items():
        attributes[column] = _summed(attributes, pattern, path)
    attributes["geometry"] = _projected(frame.geometry, spec.projection)
    table.check_columns(spec, path, list(attributes.columns))
    table.insert_frame(con, name, spec, relative, path, attributes, 0)


def _shapefile_in(path: Path, pattern: str | None) -> str | None:
    """The member of a zip that is the shapefile, None where the file is no zip."""
    if path.suffix != ".zip":
        return None
    names = text.members(path, pattern or "*.shp")
    if len(names) > 1:
        raise InputError(
            "A zip file holds several shapefiles",
            file=path,
            expected=f"one named {pattern or '*.shp'}",
            found=", ".join(names),
        )
    return names[0]


def _summed(attributes, pattern: str, path: Path):
    """The sum of all columns whose name matches ``pattern``, a missing number as 0."""
    found = [name for name in attributes.columns if fnmatch.fnmatchcase(name.upper(), pattern.upper())]
    if not found:
        raise InputError(
            "A shapefile lacks the columns to be added",
            file=path,
            column=pattern,
            expected=f"columns named {pattern}",
            found=", ".join(attributes.columns)[:400],
            advice="The file may be of another election or another year.",
        )
    return attributes[found].sum(axis=1)


def _projected(shapes, projection: str | None):
    import shapely

    flat = shapely.force_2d(shapes.to_crs(projection).array if projection else shapes.array)
    return shapely.to_wkb(shapely.make_valid(flat), hex=True)
