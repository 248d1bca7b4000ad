"""A table of a sums pack: the Parquet file with the columns and types that it has."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.quoting import quote
from pipeline.readers import parquet


def read(
    con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed: list[tuple[str, Path]], vintage: str
) -> list:
    """Create the view ``name`` over the one landed file; its hash was compared with the pack's when it was planned.

    InputError where it cannot be read.
    """
    ((_, path),) = landed
    relation, _ = parquet.relation(con, path)
    con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT * FROM {relation}")
    return []
