"""Functions the estimators' SQL needs that DuckDB does not have, by the name that SQL calls them."""

from __future__ import annotations

from pathlib import Path

import duckdb

NAMES = {"matrix_rank"}
# What the functions are a function of: their code counts in the fingerprint of a table that calls one.
MODULES = [Path(__file__).with_name("matrices.py")]


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to ``con``."""
    # numpy and pyarrow take half a second to import, which a build with nothing to do should not pay.
    from pipeline.run.matrices import matrix_rank

    con.create_function("matrix_rank", matrix_rank, ["INTEGER[][]"], "INTEGER", type="arrow", null_handling="special")
