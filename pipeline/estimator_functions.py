"""Functions the estimators' SQL needs that DuckDB does not have."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``matrix_rank`` known to ``con``."""
    con.create_function("matrix_rank", matrix_rank, ["DOUBLE[][]"], "INTEGER", type="arrow", null_handling="special")


def matrix_rank(matrices) -> pa.Array:
    """Numerical rank of each matrix, given as a list of rows; NULL where a matrix or an entry of it is NULL.

    Singular values below the largest times the larger dimension times the machine precision count as zero
    (numpy's default). R's survey package takes a pivoted QR instead; both give the same degrees of freedom in all
    cells of the R oracle (card employment, section 7).
    """
    return pa.array([_rank(matrix) for matrix in matrices.to_pylist()], pa.int32())


def _rank(rows) -> int | None:
    if not rows or any(value is None for row in rows for value in row):
        return None
    return int(np.linalg.matrix_rank(np.array(rows, dtype=float)))
