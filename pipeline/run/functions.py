"""Functions that SQL needs and DuckDB does not have, by the name that SQL calls them."""

from __future__ import annotations

import importlib
from pathlib import Path

import duckdb

# Function -> the module that has it (its code counts in the fingerprint of a table that calls it), types of its
# arguments and of its result
_FUNCTIONS = {
    "matrix_rank": ("matrices", ["DOUBLE[][]"], "INTEGER"),
    "poisson_bounds": ("poisson", ["BIGINT"], "DOUBLE[]"),
    "shape_area": ("shapes", ["BLOB"], "DOUBLE"),
    "shape_bounds": ("shapes", ["BLOB"], "DOUBLE[]"),
    "shape_holds": ("shapes", ["BLOB", "DOUBLE[]", "DOUBLE[]"], "BOOLEAN[]"),
    "spanning_rows": ("matrices", ["DOUBLE[][]"], "DOUBLE[][]"),
    "overlap_area": ("shapes", ["BLOB", "BLOB"], "DOUBLE"),
}
NAMES = set(_FUNCTIONS)


def modules(called: set[str]) -> list[Path]:
    """The Python files behind those of the ``called`` functions that are defined here."""
    return [Path(__file__).with_name(f"{name}.py") for name in sorted({_FUNCTIONS[each][0] for each in called & NAMES})]


def register(con: duckdb.DuckDBPyConnection, called: set[str] = NAMES) -> None:
    """Make those of the ``called`` functions that are defined here known to ``con``.

    Their modules are imported now: numpy and others take half a second, which a build with nothing to do should not pay.
    """
    for name in sorted(called & NAMES):
        module, arguments, result = _FUNCTIONS[name]
        function = getattr(importlib.import_module(f"pipeline.run.{module}"), name)
        con.create_function(name, function, arguments, result, type="arrow", null_handling="special")
