"""Some columns of the Census Bureau's ACS PUMS files as Parquet."""

from __future__ import annotations

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers.columns import present_columns, view_columns
from pipeline.readers.streamed import Streamed, landed_file


def read(con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed, vintage: str) -> list[Streamed]:
    """Create the view ``name`` over one Parquet file, and the variable ``<name>_columns``, the columns that it has.

    Raises InputError for a missing or damaged file or a missing column.
    """
    path = landed_file(con, name, spec, landed)
    if not path:
        return []
    relation = f"read_parquet({literal(path)}, hive_partitioning = false)"
    try:
        header = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    except duckdb.Error as error:
        raise InputError(
            "A raw file cannot be read to its end",
            file=path,
            expected="a complete Parquet file",
            found=str(error).splitlines()[0],
            advice="Get it again.",
        ) from error
    present, replicates = present_columns(path, spec, header)
    con.execute(f"SET VARIABLE {name}_columns = [{', '.join(literal(column) for column in present)}]")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, present, replicates)} FROM {relation}"
    )
    return [Streamed(path, lambda _: f"(SELECT COLUMNS(*)::VARCHAR FROM {relation})")]
