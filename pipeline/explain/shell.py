"""A DuckDB prompt with everything attached, so that a metric's SQL file runs in it unmodified."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sqlite3
import sys
from pathlib import Path, PurePosixPath

import duckdb

from pipeline import settings
from pipeline.errors import InputError, MobilityError, UsageError
from pipeline.plan import sqlfile
from pipeline.quoting import literal, quote
from pipeline.run.session import create_macros, session
from pipeline.run.workspace import Workspace
from pipeline.store.store import record_address

HELP = (
    ".help, .tables, .read FILE (runs a .sql file, such as sql/metrics/living-wage.sql), .quit; SQL ends with ;\n"
    "COPY (SELECT …) TO 'file.csv' writes a result whole."
)
LAYERS = ("staged", "geography", "sums", "metrics")
# Rows of a piped result, and of a result too wide for the terminal; DuckDB says how many more there are.
PIPED_ROWS, WIDE_ROWS = 1000, 5
UNLIMITED = 1_000_000


def run(workspace: Workspace, metric: str | None, year: int | None, geography: str) -> None:
    """Read statements from standard input and print their results, until the end or .quit.

    On a terminal an error is told and the next statement awaited. Otherwise the first one ends it: UsageError for a
    statement that fails, InputError for a file that is missing.
    """
    if not metric:
        with duckdb.connect() as con:
            tables = _attach_store(con, workspace)
            create_macros(con)
            return Prompt(con, f"every table of {workspace.store.location}", tables).run()
    known = workspace.plan.catalog.metric(metric).years
    if year is None:
        raise UsageError(
            f"Give the year with the metric: mobility shell {metric} --year Y; it has {', '.join(map(str, known))}."
        )
    step = workspace.plan.metric(metric, year, geography)
    with session(step, workspace, queries=False) as opened:
        tables = {}
        for view in step.views:
            labels = list(dict.fromkeys(upstream.label for upstream, _ in view.parts))
            more = f" and {len(labels) - 2} more" if len(labels) > 3 else ""
            tables[view.name] = ", ".join(labels[: 2 if more else 3]) + more or "the catalog"
        for name, path in step.queries[:-2]:
            opened.define(name, path)
            tables[name] = sqlfile.read(path).relative
        files = ", ".join(sqlfile.read(path).relative for path in step.sql)
        Prompt(opened.con, f"the views of {step.label}; its SQL is {files}", tables).run()


def _attach_store(con, workspace: Workspace) -> dict[str, str]:
    """A view of every built table, in a schema per layer (and edition or provider of its own); what each holds."""
    addresses = workspace.store.list("")
    whole = set(addresses)
    tables: dict[tuple[str, str], list[str]] = {}
    for address in addresses:
        parts = PurePosixPath(address).with_suffix("").parts
        own = [part.partition("=")[2] for part in parts if "=" in part]
        layer, *rest = [part for part in parts if "=" not in part]
        if layer in LAYERS and address.endswith(".parquet") and record_address(address) in whole:
            tables.setdefault(("_".join([layer, *own]), rest[0]), []).append(address)
    if not tables:
        raise InputError(
            "Nothing is built in the store",
            file=workspace.store.location,
            expected="built tables",
            found="none",
            advice="Give the --store of a build, or run: mobility build",
        )
    described = {}
    for (schema, name), found in tables.items():
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
        listed = ", ".join(literal(workspace.store.local(address)) for address in found)
        view = f"{schema}.{name if re.fullmatch('[a-z_][a-z0-9_]*', name) else quote(name)}"
        con.execute(
            f"CREATE VIEW {view} AS FROM read_parquet([{listed}], union_by_name = true, filename = true, hive_partitioning = false)"
        )
        described[view] = f"{len(found)} {'table' if len(found) == 1 else 'tables'}"
    return described


class Prompt:
    """Statements and dot commands, read from a terminal with line history, or from a pipe."""

    def __init__(self, con: duckdb.DuckDBPyConnection, attached: str, tables: dict[str, str]):
        self.con, self.attached, self.tables = con, attached, tables
        self.interactive = sys.stdin.isatty()

    def run(self) -> None:
        """Until the end of the input or .quit."""
        if not self.interactive:
            return self._read(sys.stdin.read())
        print(f"DuckDB {duckdb.__version__} with {self.attached}\n{self._listed()}\n{HELP}")
        with _history():
            pending = ""
            while True:
                try:
                    line = input("     ...> " if pending else "mobility> ") + "\n"
                    pending += line
                    if line.startswith(".") and pending == line:
                        pending = ""
                        if not self._dot(line):
                            return
                    elif not pending.strip():
                        pending = ""
                    elif sqlite3.complete_statement(pending):
                        statements, pending = pending, ""
                        self._execute(statements)
                except EOFError:
                    print()
                    return
                except MobilityError as error:
                    print(error, file=sys.stderr)
                # DuckDB makes an error of its own of Ctrl-C while a query runs.
                except (KeyboardInterrupt, RuntimeError):
                    pending = ""
                    print("Interrupted; .quit ends.")

    def _read(self, text: str) -> None:
        """Statements and dot commands of a pipe; the first failure ends it."""
        pending = ""
        for line in text.splitlines(keepends=True):
            if line.startswith(".") and not pending.strip():
                if not self._dot(line):
                    return
            else:
                pending += line
                if sqlite3.complete_statement(pending):
                    self._execute(pending)
                    pending = ""
        self._execute(pending)

    def _listed(self) -> str:
        width = max(map(len, self.tables))
        return "\n".join(f"  {name:{width}}  {what}" for name, what in self.tables.items())

    def _dot(self, line: str) -> bool:
        """Run a dot command; whether to go on."""
        try:
            command, *given = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"{line.strip()}: {error}") from error
        if command in (".quit", ".exit"):
            return False
        if command == ".read" and len(given) == 1:
            self._execute(_sql_of(given[0]))
        elif command == ".tables":
            print(self._listed())
        elif command == ".help":
            print(HELP)
        else:
            raise UsageError(f"Unknown command {line.strip()!r}. There are {HELP.splitlines()[0]}")
        return True

    def _execute(self, text: str) -> None:
        """Run the statements and print what they give. UsageError or, for files, InputError where one fails."""
        try:
            for statement in self.con.extract_statements(text):
                relation = self.con.sql(statement)
                if relation is not None:
                    self._show(relation)
        except duckdb.IOException as error:
            raise InputError(f"The statement failed: {str(error).strip()}") from error
        except duckdb.Error as error:
            raise UsageError(f"The statement failed: {str(error).strip()}") from error

    def _show(self, relation: duckdb.DuckDBPyRelation) -> None:
        """Print a result: as wide as it is into a pipe; on a terminal as wide as that, and where columns do not fit, the
        first rows upright."""
        if not self.interactive:
            return relation.show(max_width=UNLIMITED, max_col_width=UNLIMITED, max_rows=PIPED_ROWS)
        width = shutil.get_terminal_size().columns
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            relation.show(max_width=width)
        if not re.search(r"\d+ columns \(\d+ shown\)", printed.getvalue()[-3 * width :]):
            print(printed.getvalue(), end="")
            return
        # DuckDB shows the last of many upright rows in the wrong order, so it is given only what it shows whole.
        relation.limit(WIDE_ROWS).show(max_width=width, max_rows=UNLIMITED, render_mode="columns")
        print(
            f"{len(relation.columns)} columns do not fit side by side: up to {WIDE_ROWS} rows, each from top to bottom."
        )


def _sql_of(name: str) -> str:
    """The text of a .sql file, of this folder or of the project. InputError where there is none."""
    folders = dict.fromkeys((Path.cwd(), settings.SQL.parent))
    found = [folder / name for folder in folders if (folder / name).is_file()]
    if not found:
        raise InputError(
            "There is no such file",
            file=name,
            expected=f"a .sql file below {' or '.join(map(str, folders))}",
            found="nothing",
        )
    return found[0].read_text(encoding="utf-8")


@contextlib.contextmanager
def _history():
    """Lines of earlier sessions at the prompt, kept for later ones, where Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    path = settings.cache_folder() / "shell-history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(1000)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(path)
