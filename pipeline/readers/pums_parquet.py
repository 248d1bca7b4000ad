"""Some columns of the Census Bureau's ACS PUMS files as Parquet."""

from __future__ import annotations

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.quoting import literal, quote
from pipeline.readers import parquet
from pipeline.readers.columns import present_columns, view_columns
from pipeline.readers.pums_names import refuse_overlap
from pipeline.readers.streamed import Streamed, landed_file


def read(con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed, vintage: str) -> list[Streamed]:
    """Create the view ``name`` over one Parquet file, and the variable ``<name>_columns``, the columns that it has.

    Raises InputError for a missing or damaged file, a missing column, or a file as pums_names.refuse_overlap does.
    """
    path = landed_file(con, name, spec, landed)
    if not path:
        return []
    held = refuse_overlap(path)
    relation, header = parquet.relation(con, path)
    present, replicates = present_columns(path, spec, header)
    con.execute(f"SET VARIABLE {name}_columns = [{', '.join(literal(column) for column in present)}]")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, present, replicates)} FROM {relation}"
    )
    return [Streamed(path, lambda _: f"(SELECT COLUMNS(*)::VARCHAR FROM {relation})", held.state)]
