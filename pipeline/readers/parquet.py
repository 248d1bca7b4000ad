"""A Parquet file as a relation."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.quoting import literal


def relation(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, list[str]]:
    """SQL that reads the file, and its columns. InputError for a damaged one."""
    text = f"read_parquet({literal(path)}, hive_partitioning = false)"
    try:
        return text, [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {text}").fetchall()]
    except duckdb.Error as error:
        raise InputError(
            "A raw file cannot be read to its end",
            file=path,
            expected="a complete Parquet file",
            found=str(error).splitlines()[0],
            advice="Get it again.",
        ) from error
