"""Ranks of matrices, for the degrees of freedom of survey designs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

# A matrix is certainly of full rank where the smallest eigenvalue of its Gram matrix is above this share of their sum:
# the share of the largest singular value that matrix_rank asks for is then exceeded a million times.
CERTAIN = 1e-10


def matrix_rank(matrices: pa.ListArray | pa.ChunkedArray) -> pa.Array:
    """Numerical rank of each matrix, given as a list of rows of equal length; NULL where it is NULL or holds a NULL.

    Singular values up to the largest times the larger dimension times the machine precision count as zero
    (numpy's default). R's survey package takes a pivoted QR instead; both give the same degrees of freedom in all
    cells of the R oracle (card employment, section 7).
    """
    return pa.array([None if each is None else _rank(each) for each in _each(matrices)], pa.int32())


def spanning_rows(matrices: pa.ListArray | pa.ChunkedArray) -> pa.Array:
    """At most as many rows as columns that span the same space as the rows of each matrix, so that matrices put together
    from them have the same rank: the triangular factor of its QR decomposition. NULL where it is NULL or holds a NULL.
    """
    factors = [None if each is None else np.linalg.qr(each, mode="r").tolist() for each in _each(matrices)]
    return pa.array(factors, pa.list_(pa.list_(pa.float64())))


def _each(matrices: pa.ListArray | pa.ChunkedArray):
    """The matrices as arrays of doubles, None for one that is NULL or holds a NULL."""
    for chunk in matrices.chunks if isinstance(matrices, pa.ChunkedArray) else [matrices]:
        yield from _of_chunk(chunk)


def _of_chunk(matrices: pa.ListArray):
    rows = matrices.values
    first_values = rows.offsets.to_numpy()
    bounds = matrices.offsets.to_numpy()
    for first, last in zip(bounds[:-1], bounds[1:], strict=True):
        values = rows.values[first_values[first] : first_values[last]]
        if first == last or values.null_count or rows[first:last].null_count:
            yield None
        else:
            yield values.to_numpy().reshape(last - first, -1).astype(np.float64)


def _rank(matrix: np.ndarray) -> int:
    """The rank, which does not depend on the order of the rows: that of the Gram matrix of integers is exact, and the
    singular values are those of the sorted rows."""
    if _is_certainly_full(matrix):
        return min(matrix.shape)
    return int(np.linalg.matrix_rank(matrix[np.lexsort(matrix.T)]))


def _is_certainly_full(matrix: np.ndarray) -> bool:
    """Whether all singular values are far above what counts as zero: a Cholesky factor of the shifted Gram matrix exists.

    The Gram matrix of integers below a million is exact in double precision. It takes a tenth of the time of the
    singular values, which decide all other cases.
    """
    gram = matrix @ matrix.T if len(matrix) < matrix.shape[1] else matrix.T @ matrix
    gram[np.diag_indices_from(gram)] -= CERTAIN * np.trace(gram)
    try:
        np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        return False
    return True
