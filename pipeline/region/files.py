"""A region file as it comes, by its kind."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from pipeline.errors import InputError
from pipeline.plan.custom import REGION, CustomGeography
from pipeline.region import polygon_files, table_files
from pipeline.region.problems import RegionError, told

READERS = {
    ".csv": table_files.read,
    ".geojson": polygon_files.read_geojson,
    ".json": polygon_files.read_geojson,
    ".zip": polygon_files.read_shapefile,
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
MOST_BYTES = 100_000_000


def read(path: Path, reserved: tuple[str, ...] | list[str]) -> CustomGeography:
    """The regions of a file, named by its stem; the codes of their parts are not yet looked up.

    Raises RegionError for a file that is not what it should be, InputError where there is none. ``reserved`` are names
    of geographies that exist.
    """
    if path.suffix.lower() not in READERS:
        known = ", ".join(READERS)
        raise RegionError(
            path, [f"Its kind {told(path.suffix)} is not known; expected {known} (a shapefile with its parts as zip)."]
        )
    if not NAME.fullmatch(path.stem) or path.stem.lower() in {*reserved, REGION}:
        raise RegionError(
            path,
            [
                f"The geography is named by the file, and {told(path.stem)} cannot be its name: letters, digits, '-' and '_' "
                f"only, and none of {', '.join([*reserved, REGION])}."
            ],
        )
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RegionError(path, [f"It has more than {MOST_BYTES:,} bytes."])
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            "A region file cannot be read", file=path, expected="a region file", found=error.strerror or "nothing"
        ) from error
    parts = READERS[path.suffix.lower()](path, content)
    return CustomGeography(path.stem, path.name, hashlib.sha256(content).hexdigest(), tuple(parts))
