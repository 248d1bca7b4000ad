"""Functions the estimators' SQL needs that DuckDB does not have."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

NAMES = {"matrix_rank"}


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``matrix_rank`` known to ``con``."""
    con.create_function("matrix_rank", matrix_rank, ["DOUBLE[][]"], "INTEGER", type="arrow", null_handling="special")


def matrix_rank(matrices) -> pa.Array:
    """Numerical rank of each matrix, given as a list of rows of equal length; NULL where it is NULL or holds a NULL.

    Singular values up to the largest times the larger dimension times the machine precision count as zero
    (numpy's default). R's survey package takes a pivoted QR instead; both give the same degrees of freedom in all
    cells of the R oracle (card employment, section 7).
    """
    chunks = matrices.chunks if isinstance(matrices, pa.ChunkedArray) else [matrices]
    return pa.array([_rank(matrix) for chunk in chunks for matrix in chunk], pa.int32())


def _rank(matrix: pa.ListScalar) -> int | None:
    rows = matrix.values
    if rows is None or len(rows) == 0:
        return None
    values = rows.flatten()
    if rows.null_count or values.null_count:
        return None
    return int(np.linalg.matrix_rank(values.to_numpy(zero_copy_only=False).reshape(len(rows), -1)))
