"""A DuckDB prompt with everything attached, so that a metric's SQL file runs in it unmodified."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from pipeline import settings
from pipeline.errors import UsageError
from pipeline.quoting import literal, quote
from pipeline.run.session import create_macros, session
from pipeline.run.workspace import Workspace

HELP = ".help, .tables, .read FILE (runs a .sql file, e.g. .read sql/metrics/living-wage.sql), .quit; SQL ends with ;"


def run(workspace: Workspace, metric: str | None, year: int | None, geography: str) -> None:
    """Read statements from standard input and print their results, until the end or .quit."""
    if not metric:
        with duckdb.connect() as con:
            _attach_store(con, workspace)
            return _prompt(con, "every table of the store, as staged.*, geography.*, sums.* and metrics.*")
    if year is None:
        raise UsageError("Give the year with the metric: mobility shell METRIC --year Y")
    step = workspace.plan.metric(metric, year, geography)
    with session(step, workspace, queries=False) as opened:
        for name, path in step.queries[:-2]:
            opened.define(name, path)
        files = ", ".join(str(path.relative_to(settings.PROJECT)) for path in step.sql)
        _prompt(opened.con, f"{step.label}; views {', '.join(view.name for view in step.views)}; SQL {files}")


def _attach_store(con, workspace: Workspace) -> None:
    for layer in ("staged", "geography", "sums", "metrics"):
        con.execute(f"CREATE SCHEMA {layer}")
        tables: dict[str, list[Path]] = {}
        for address in workspace.store.list(layer):
            if address.endswith(".parquet"):
                name = address.removesuffix(".parquet").split("/")[1]
                tables.setdefault(name, []).append(workspace.store.local(address))
        for name, paths in tables.items():
            listed = ", ".join(map(literal, paths))
            con.execute(
                f"CREATE VIEW {layer}.{quote(name)} AS "
                f"FROM read_parquet([{listed}], union_by_name = true, filename = true)"
            )
    create_macros(con)


def _prompt(con, attached: str) -> None:
    interactive = sys.stdin.isatty()
    if interactive:
        print(f"DuckDB {duckdb.__version__} with {attached}\n{HELP}")
    pending = ""
    while True:
        if interactive:
            print("mobility> " if not pending else "     ...> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            break
        if not pending and line.startswith("."):
            if not _dot(con, line.split()):
                return
            continue
        pending += line
        if pending.rstrip().endswith(";"):
            _execute(con, pending)
            pending = ""
    if pending.strip():
        _execute(con, pending)


def _dot(con, words: list[str]) -> bool:
    if words[0] in (".quit", ".exit"):
        return False
    if words[0] == ".read" and len(words) == 2:
        _execute(
            con, Path(words[1]).read_text(encoding="utf-8") if Path(words[1]).exists() else f"-- no file {words[1]}"
        )
    elif words[0] == ".tables":
        _execute(con, "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL")
    else:
        print(HELP)
    return True


def _execute(con, statement: str) -> None:
    try:
        relation = con.sql(statement)
        if relation is not None:
            print(relation)
    except duckdb.Error as error:
        print(error, file=sys.stderr)
