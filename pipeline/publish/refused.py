"""What no release may be made of: metric tables that break the contract; a SQL file each in sql/release/refused."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline import settings
from pipeline.checks import first_rows
from pipeline.errors import InputError
from pipeline.plan import sqlfile

FOLDER = settings.SQL / "release" / "refused"
# Looked at before the rows are read: a file with another type cannot be read together with the others.
TYPES = "wrong_types"
CONTRACT = settings.SQL / "metrics" / "contract" / "metric_table.sql"


def define(con: duckdb.DuckDBPyConnection, paths: str, tables: list[dict]) -> None:
    """Create what the rules read beside the rows: ``released_table``, ``contract_column`` and ``table_column``.

    ``tables`` has table_path, label, metric, year and geography of each; ``paths`` are their files as a SQL list.
    Raises InputError where columns or types are not those of the contract.
    """
    listed = pa.Table.from_pylist(tables)
    con.register("listed_tables", listed)
    con.execute("CREATE TABLE released_table AS FROM listed_tables")
    con.unregister("listed_tables")
    con.execute(
        "CREATE TABLE table_column AS SELECT file_name AS table_path, name, duckdb_type AS type "
        f"FROM parquet_schema({paths}) WHERE duckdb_type IS NOT NULL"
    )
    con.execute("CREATE TABLE estimate (measure VARCHAR)")
    con.execute(
        "CREATE TABLE contract_column AS SELECT column_name AS name, column_type AS type "
        f"FROM (DESCRIBE {sqlfile.read(CONTRACT).text})"
    )
    _refuse(con, TYPES)


def refuse(con: duckdb.DuckDBPyConnection) -> None:
    """Raise InputError for the first rule that rows of ``metric_tables`` break."""
    for path in sorted(FOLDER.glob("*.sql")):
        if path.stem != TYPES:
            _refuse(con, path.stem)


def _refuse(con: duckdb.DuckDBPyConnection, name: str) -> None:
    query = sqlfile.read(FOLDER / f"{name}.sql")
    if not (found := first_rows(con, query.text)):
        return
    raise InputError(
        "Metric tables cannot be released",
        expected=query.title,
        found=found,
        advice="Build or import them again.",
    )
