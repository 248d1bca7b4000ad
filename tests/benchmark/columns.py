"""Which columns of the microdata a query reads, by DuckDB's plan of it."""

from __future__ import annotations

import json
import re


def read_by(con, query: str, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """Columns that the file scans of ``query`` project or filter, for each of ``tables`` (name -> its columns)."""
    con.execute("SET explain_output = 'physical_only'")
    plan = con.execute(f"EXPLAIN (FORMAT json) {query}").fetchone()[1]
    found: dict[str, set] = {}

    def visit(node: dict) -> None:
        if node["name"].strip() == "READ_PARQUET":
            projected = set(_listed(node["extra_info"].get("Projections", [])))
            table = next((name for name, columns in tables.items() if projected <= set(columns)), None)
            if table:
                filtered = set(re.findall(r"\w+", " ".join(_listed(node["extra_info"].get("Filters", [])))))
                found.setdefault(table, set()).update(projected | (filtered & set(tables[table])))
        for child in node["children"]:
            visit(child)

    for root in json.loads(plan):
        visit(root)
    return {table: sorted(columns, key=tables[table].index) for table, columns in found.items()}


def _listed(value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
