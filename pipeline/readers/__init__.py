"""Raw files as DuckDB relations, one reader per file format.

A reader is a module with one entry function, found here by the name that the catalog gives it. It makes the relation
``name`` from the landed files of ``spec`` (relative path, where it lies):

* a reader of ``TABLES`` fills a table with the declared columns as text and ``raw_file`` and ``raw_line``;
* a reader of ``STREAMS`` (microdata) makes a view of typed columns that is read while the step's SQL runs, and returns
  what has to be checked when that is done.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.kept import kept

# Reader -> its module, imported when a file is read: pandas and pyarrow take a while.
TABLES = {
    "csv": "csv_files",
    "census_api": "census_api",
    "census_table": "census_table",
    "excel": "excel",
    "excel_groups": "excel_groups",
    "json_pages": "json_pages",
    "json_table": "json_table",
    "living_wage_pages": "living_wage_pages",
    "sas": "sas",
    "shapefile": "shapefile",
    "stata": "stata",
    "wonder": "wonder",
}
STREAMS = {
    "pums": "pums",
    "pums_parquet": "pums_parquet",
    "ipums": "ipums_files",
    "packed": "packed",
}
READERS = TABLES | STREAMS
_PACKAGE = Path(__file__).parent


def read(
    con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed: list[tuple[str, Path]], vintage: str
) -> list:
    """Create the relation ``name`` from all landed files of ``spec`` (relative path, where it lies).

    Raises InputError for a missing or damaged file, a missing column, text in a numeric column, a FIPS code that is not
    of its width, or a column that does not hold the expected constant (``expect``).
    """
    module = importlib.import_module(f"{__name__}.{READERS[spec.reader]}")
    return module.read(con, name, spec, landed, vintage)


@cache
def modules_of(reader: str) -> list[Path]:
    """The Python files that a reader is made of (its module and what that imports of this package, and so on): what it
    reads is a function of them too. Sorted by name; this file, which only points to the readers, is not among them.
    """
    waiting, found = [READERS[reader]], set()
    while waiting:
        path = _PACKAGE / f"{waiting.pop()}.py"
        if path not in found:
            found.add(path)
            parts = kept(_imported, path.read_text(encoding="utf-8"))
            waiting += [part for part in parts if (_PACKAGE / f"{part}.py").exists()]
    return sorted(found)


def _imported(code: str) -> list[str]:
    """What a module imports of this package: modules, and functions of its own."""
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names += [each.name for each in node.names]
    return [name.removeprefix(f"{__name__}.").split(".")[0] for name in names if name.startswith(f"{__name__}.")]
