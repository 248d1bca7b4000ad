"""What DuckDB's profile of a metric says: seconds per named step (CTE) and the columns read from the microdata."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

SETTINGS = ["OPERATOR_TIMING", "OPERATOR_CARDINALITY", "OPERATOR_NAME", "EXTRA_INFO", "LATENCY"]
READING = "reading Parquet"


def run(con, target: Path, execute) -> dict:
    """Call ``execute`` with profiling on and return DuckDB's profile of its last statement."""
    con.execute("SET enable_profiling = 'json'")
    con.execute(f"SET profiling_output = '{target}'")
    con.execute(f"SET custom_profiling_settings = '{json.dumps(dict.fromkeys(SETTINGS, 'true'))}'")
    execute()
    con.execute("PRAGMA disable_profiling")
    return json.loads(target.read_text(encoding="utf-8"))


def step_seconds(profile: dict) -> dict[str, float]:
    """Seconds of all threads in the operators of each CTE, longest first; reading files apart.

    A CTE that is used only once is part of the one that uses it, as DuckDB runs it.
    """
    seconds: Counter = Counter()

    def visit(node: dict, step: str) -> None:
        name = (node.get("operator_name") or "").strip()
        seconds[READING if name == "READ_PARQUET" else step] += node.get("operator_timing", 0)
        children = node["children"]
        if name == "CTE" and len(children) == 2:
            visit(children[0], node["extra_info"]["CTE Name"])
            visit(children[1], step)
        else:
            for child in children:
                visit(child, step)

    visit(profile, "final select and steps used once")
    return dict(seconds.most_common())


def columns_read(profile: dict, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """Columns read from each of ``tables`` (name -> its columns), by the projections and filters of the file scans."""
    found: dict[str, set] = {}

    def visit(node: dict) -> None:
        if (node.get("operator_name") or "").strip() == "READ_PARQUET":
            info = node["extra_info"]
            projected = set(_listed(info.get("Projections", [])))
            table = next((name for name, columns in tables.items() if projected <= set(columns)), None)
            if table:
                filtered = set(re.findall(r"\w+", " ".join(_listed(info.get("Filters", [])))))
                found.setdefault(table, set()).update(projected | (filtered & set(tables[table])))
        for child in node["children"]:
            visit(child)

    visit(profile)
    return {table: sorted(columns, key=tables[table].index) for table, columns in found.items()}


def _listed(value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
