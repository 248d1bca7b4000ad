"""Rows that break a rule, in words."""

from __future__ import annotations

import duckdb

SHOWN = 3


def first_rows(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """How many rows the query has, with the first ones; empty where it has none."""
    count = con.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
    if not count:
        return ""
    first = con.execute(f"FROM ({query}) LIMIT {SHOWN}")
    columns = [column[0] for column in first.description]
    rows = "; ".join(
        ", ".join(f"{column} {value}" for column, value in zip(columns, row, strict=True)) for row in first.fetchall()
    )
    return f"{count} row{'s' if count != 1 else ''}: {rows}{' …' if count > SHOWN else ''}"
