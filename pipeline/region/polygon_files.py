"""Region files as polygons: GeoJSON, or a shapefile in a zip, in any coordinate system, with a property ``region``."""

from __future__ import annotations

import io
import json
import math
import tempfile
import warnings
import zipfile
from pathlib import Path, PurePosixPath

from pipeline.plan.custom import Part
from pipeline.region.problems import RegionError, told
from pipeline.region.table_files import code, label

# Centers of population are in degrees of NAD 83.
DEGREES = "EPSG:4269"
# West, south, east, north in degrees: from the Aleutians to Puerto Rico, and the Aleutians beyond 180 degrees
UNITED_STATES = ((-180, 17, -64, 72), (172, 51, 180, 54))
# Share of the area that a mended outline may change
MENDED = 0.001
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj")
SHAPEFILE_MARK = b"\x00\x00\x27\x0a"
MOST_BYTES = 200_000_000


def read_geojson(path: Path, content: bytes) -> list[Part]:
    """The polygons of a GeoJSON file, one part per region. Raises RegionError."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RegionError(path, [f"It is no JSON: {' '.join(str(error).split())[:200]}."]) from error
    kind = found.get("type") if isinstance(found, dict) else None
    features = [found] if kind == "Feature" else found.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list) or not features:
        raise RegionError(path, ["It is no GeoJSON FeatureCollection with at least one feature."])
    # GDAL, PROJ and their data take a while to import.
    import shapely

    rows, problems = [], []
    for number, feature in enumerate(features, start=1):
        try:
            if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
                raise ValueError("it has no geometry.")
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            rows.append((feature.get("properties"), shape))
        except (ValueError, TypeError, RecursionError, shapely.errors.ShapelyError) as error:
            problems.append(f"Feature {number}: {_in_words(error)}")
    if problems:
        raise RegionError(path, problems)
    return _parts(path, rows, _named_system(path, found.get("crs")))


def read_shapefile(path: Path, content: bytes) -> list[Part]:
    """The polygons of the one shapefile in a zip, one part per region. Raises RegionError."""
    import geopandas

    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = [
            name
            for name in archive.namelist()
            if not PurePosixPath(name).name.startswith(".") and "__MACOSX" not in name
        ]
        shapes = [name for name in names if name.lower().endswith(".shp")]
        if len(shapes) != 1:
            raise RegionError(path, [f"The zip should hold one shapefile; it holds {len(shapes)}."])
        stem = shapes[0][:-4]
        members = {
            end: next((name for name in names if name.lower() == f"{stem}{end}".lower()), None) for end in SHAPEFILE
        }
        if lacking := [end for end, name in members.items() if name is None]:
            raise RegionError(path, [f"The shapefile {told(shapes[0])} lacks its {', '.join(lacking)}."])
        if sum(archive.getinfo(name).file_size for name in members.values()) > MOST_BYTES:
            raise RegionError(path, [f"The shapefile has more than {MOST_BYTES:,} bytes."])
        with tempfile.TemporaryDirectory() as folder:
            for end, name in members.items():
                Path(folder, f"regions{end}").write_bytes(archive.read(name))
            shapefile = Path(folder, "regions.shp")
            # What only calls itself a shapefile could make GDAL open something else.
            if shapefile.read_bytes()[:4] != SHAPEFILE_MARK:
                raise RegionError(path, [f"{told(shapes[0])} is no shapefile."])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frame = geopandas.read_file(shapefile)
    except RegionError:
        raise
    except Exception as error:  # zipfile and pyogrio raise a different type for each kind of damage
        raise RegionError(path, [f"The shapefile cannot be read: {_in_words(error)}"]) from error
    if frame.crs is None or not hasattr(frame, "geometry"):
        raise RegionError(path, ["The shapefile does not say its coordinate system (.prj), or has no shapes."])
    properties = frame.drop(columns=frame.geometry.name).to_dict("records")
    return _parts(path, list(zip(properties, frame.geometry, strict=True)), frame.crs)


def _named_system(path: Path, named):
    """The coordinate system that a GeoJSON file names, else degrees of WGS 84 (RFC 7946)."""
    if named is None:
        return "OGC:CRS84"
    import pyproj

    try:
        return pyproj.CRS.from_user_input(named["properties"]["name"])
    except (KeyError, TypeError, pyproj.exceptions.CRSError) as error:
        raise RegionError(path, [f"Its coordinate system {told(named)} is not known."]) from error


def _parts(path: Path, rows: list[tuple], system) -> list[Part]:
    """Polygons in degrees, those of one region joined."""
    import geopandas
    import shapely

    shapes, names, problems = {}, {}, []
    for number, (properties, shape) in enumerate(rows, start=1):
        try:
            region, name = _properties(properties)
            _refuse_unusable(shape)
            names.setdefault(region, set()).update({name} - {""})
            shapes.setdefault(region, []).append(shape)
        except ValueError as error:
            problems.append(f"Feature {number}: {error}")
    problems += [
        f"Region {each} has the names {' and '.join(map(told, sorted(given)))}."
        for each, given in names.items()
        if len(given) > 1
    ]
    if len({each.lower() for each in shapes}) < len(shapes):
        problems.append("Two regions differ in case alone.")
    if problems:
        raise RegionError(path, problems)
    parts = []
    for region, each in shapes.items():
        try:
            joined = shapely.force_2d(shapely.union_all([_mended(shape) for shape in each]))
            degrees = geopandas.GeoSeries([joined], crs=system).to_crs(DEGREES).iloc[0]
            _refuse_elsewhere(degrees)
        except Exception as error:  # shapely and pyproj raise a different type for each kind of shape
            problems.append(f"Region {region}: {_in_words(error)}")
            continue
        name = next(iter(names[region]), "")
        parts.append(Part(region, name, "polygon", None, shape=shapely.to_wkb(degrees, hex=True)))
    if problems:
        raise RegionError(path, problems)
    return parts


def _properties(properties) -> tuple[str, str]:
    """Code and name of a region, whatever case the names of the properties have."""
    if not isinstance(properties, dict):
        raise ValueError("it has no properties; region is needed.")
    by_name = {str(name).lower(): value for name, value in properties.items()}
    if by_name.get("region") is None:
        raise ValueError(f"it has no property region; it has {told(', '.join(map(str, properties)) or 'none')}.")
    name = by_name.get("name")
    return code(str(by_name["region"]).strip()), label("" if name is None else str(name).strip())


def _refuse_unusable(shape) -> None:
    if shape is None or shape.is_empty:
        raise ValueError("its shape is empty.")
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"its shape is a {shape.geom_type}, not a polygon.")
    if not all(math.isfinite(end) for end in shape.bounds):
        raise ValueError("its coordinates are not numbers.")


def _mended(shape):
    """A valid shape: a ring that touches itself is mended without a change of its area; of one that crosses itself nobody
    knows what it holds.
    """
    import shapely

    mended = shapely.make_valid(shape)
    if abs(mended.area - shape.area) > MENDED * mended.area:
        raise ValueError(f"its outline crosses itself ({shapely.is_valid_reason(shape)}).")
    return mended


def _refuse_elsewhere(shape) -> None:
    import shapely

    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90) or shape.area == 0:
        raise ValueError("its coordinates are no degrees; name the coordinate system in which they are (crs).")
    if not shape.intersects(shapely.union_all([shapely.box(*each) for each in UNITED_STATES])):
        raise ValueError("it lies outside of the United States; the longitude comes first, then the latitude.")


def _in_words(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return text if text.endswith(".") else f"{text or type(error).__name__}."
