"""Areas of shapes, given as WKB in an equal-area projection, and points in shapes; what touches only in a line or a point overlaps by 0."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely


def shape_area(shapes: pa.ChunkedArray) -> pa.Array:
    """Area of each shape in the square of its unit; NULL where it is NULL."""
    return _doubles(shapely.area(_read(shapes)))


def shape_bounds(shapes: pa.ChunkedArray) -> pa.Array:
    """West, south, east and north end of each shape; NULL where it is NULL or empty."""
    ends = shapely.bounds(_read(shapes))
    rows = [None if np.isnan(row).any() else row.tolist() for row in ends]
    return pa.array(rows, pa.list_(pa.float64()))


def overlap_area(shapes: pa.ChunkedArray, others: pa.ChunkedArray) -> pa.Array:
    """Area that each shape shares with the other one of its row; NULL where one is NULL."""
    return _doubles(shapely.area(shapely.intersection(_read(shapes), _read(others))))


def shape_holds(shapes: pa.ChunkedArray, xs: pa.ChunkedArray, ys: pa.ChunkedArray) -> pa.Array:
    """For each shape and its lists of coordinates: whether the point lies in the shape or on its edge."""
    rows = []
    for shape, x, y in zip(_read(shapes), xs.to_pylist(), ys.to_pylist(), strict=True):
        shapely.prepare(shape)
        rows.append(shapely.intersects_xy(shape, np.array(x), np.array(y)).tolist())
    return pa.array(rows, pa.list_(pa.bool_()))


def _read(shapes):
    return shapely.from_wkb(np.array(shapes.to_pylist(), dtype=object))


def _doubles(values) -> pa.Array:
    return pa.array([None if np.isnan(value) else float(value) for value in values], pa.float64())
