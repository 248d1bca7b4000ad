"""A step's own DuckDB: exactly its macros, variables and views; its SQL files run in it unmodified."""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

import duckdb

from pipeline import readers
from pipeline.errors import InputError, MissingInput, StoreError, UsageError, refusal
from pipeline.plan import sqlfile
from pipeline.plan.definition import functions, macros
from pipeline.plan.step import Step, View
from pipeline.quoting import literal, quote
from pipeline.run import functions as python_functions
from pipeline.run.workspace import Workspace

# A metric's own result is a table, so that the metric table is ordered from memory and the audit can look at it.
TABLES = {"estimate"}
# While a raw file streams in, DuckDB sorts on disk rather than in memory (design §6: staging within 1 GB).
STREAMING_MEMORY = "500MB"


class Session:
    """One step's connection. ``scratch`` is a local folder of its own, ``streamed`` the raw files read while SQL runs."""

    def __init__(self, step: Step, workspace: Workspace, scratch, con: duckdb.DuckDBPyConnection):
        self.step, self.workspace, self.scratch, self.con = step, workspace, scratch, con
        self.streamed: list = []

    def define_inputs(self) -> None:
        """Create the step's macros, variables and input views."""
        create_macros(self.con, [macro.path for macro in macros(self.step)])
        python_functions.register(self.con, functions(self.step))
        for name, value in self.step.variables.items():
            self.con.execute(f"SET VARIABLE {name} = {sql_value(value)}")
        for view in self.step.views:
            self._define(view)
        if self.step.custom:
            self._keep_states_of_regions()

    def keep_records(self, states: list[str], pumas: list[str] | None = None) -> None:
        """Leave only the records of the states in the microdata views, or of some of their PUMAs: no rule of a metric looks
        beyond the states of its areas, and DuckDB skips the others in the files.

        A sample without such records keeps those of one other state, since a rule may ask whether there is any.
        """
        chosen = f"statefip IN ({', '.join(map(literal, states))})"
        if pumas:
            chosen += f" AND puma IN ({', '.join(map(literal, pumas))})"
        for view in self.step.views:
            samples = {value for _, constants in view.parts for name, value in constants if name == "sample"}
            if samples:
                records = f"({self.union(view)})"
                found = self.con.execute(f"SELECT DISTINCT sample FROM {records} WHERE {chosen}").fetchall()
                lacking = sorted(samples - {name for (name,) in found})
                others = "".join(
                    f" OR (sample = {literal(name)} AND statefip = (SELECT min(statefip) FROM {records} WHERE sample = {literal(name)}))"
                    for name in lacking
                )
                self.con.execute(
                    f"CREATE OR REPLACE TEMP VIEW {quote(view.name)} AS SELECT * FROM {records} WHERE ({chosen}){others}"
                )

    def _keep_states_of_regions(self) -> None:
        """A region reads the microdata of its own states alone."""
        states = {
            state
            for view in self.step.views
            if any(part.custom and "statefip" in dict(part.columns) for part, _ in view.parts)
            for (state,) in self.con.execute(f"SELECT DISTINCT statefip FROM {quote(view.name)}").fetchall()
        }
        if states:
            self.keep_records(sorted(states))

    def _define(self, view: View) -> None:
        name = quote(view.name)
        if view.raw:
            located = [(path, self.workspace.landing.locate(path)) for path in view.landed]
            self.streamed += readers.read(self.con, view.name, view.raw, located, self.step.partition)
        elif view.parts:
            self.con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {self.union(view)}")
        elif view.literal_rows:
            rows = ", ".join(f"({', '.join(sql_value(value) for value in row)})" for row in view.literal_rows)
            names = ", ".join(quote(column) for column, _ in view.columns)
            typed = ", ".join(f"{quote(column)}::{kind} AS {quote(column)}" for column, kind in view.columns)
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {typed} FROM (VALUES {rows}) AS t({names})"
            )
        else:
            columns = ", ".join(f"NULL::{kind} AS {quote(column)}" for column, kind in view.columns)
            self.con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {columns} WHERE false")

    def union(self, view: View) -> str:
        """SQL of a view over upstream tables. MissingInput where one has not been built."""
        groups: dict[tuple, list] = {}
        only = dict(view.only)
        for step, constants in view.parts:
            path = self.workspace.store.local(step.address)
            if not path.exists():
                raise MissingInput(
                    f"{step.label} has not been built",
                    file=path,
                    expected="the built table",
                    found="nothing",
                    advice="Run: mobility build",
                )
            groups.setdefault((constants, only.get(step.address)), []).append(path)
        selects = []
        for (constants, condition), paths in groups.items():
            added = "".join(f"{literal(value)} AS {quote(name)}, " for name, value in constants)
            listed = ", ".join(literal(path) for path in paths)
            where = f" WHERE {condition}" if condition else ""
            tables = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            selects.append(f"SELECT {added}* FROM {tables}{where}")
        union = " UNION ALL BY NAME ".join(selects)
        if not view.expression:
            return union
        added = ", ".join(f"{expression} AS {quote(name)}" for name, expression in view.expression)
        return f"SELECT *, {added} FROM ({union})"

    def copy(self, query: str, target: Path, options: str) -> None:
        """Write the rows of a query to a Parquet file. DuckDB takes one thread where others parse its raw file: of two, one
        would wait for records or memory at full speed and take the time of those that parse.
        """
        threads = self.con.execute("SELECT current_setting('threads')").fetchone()[0]
        if any(each.parsed_beside for each in self.streamed):
            self.con.execute("SET threads = 1")
        self.con.execute(f"COPY ({query}) TO {literal(target)} (FORMAT parquet, {options})")
        self.con.execute(f"SET threads = {threads}")

    def define_queries(self) -> None:
        """Run the step's SQL files, each under its name; the last one is the view ``result``."""
        for name, path in self.step.queries:
            self.define(name, path)

    def define(self, name: str, path: Path) -> None:
        """Make a SQL file's result the relation ``name``."""
        kind = "TABLE" if name in TABLES else "VIEW"
        self.con.execute(f"CREATE OR REPLACE TEMP {kind} {quote(name)} AS {sqlfile.read(path).text}")


@contextlib.contextmanager
def session(step: Step, workspace: Workspace, queries: bool = True):
    """A Session with the step's inputs and, unless ``queries`` is false, its result.

    An error of DuckDB that a raw file causes becomes the InputError that says so; any other a UsageError.
    """
    streamed: list = []
    with workspace.store.scratch() as scratch:
        try:
            with connection(workspace, scratch) as con:
                opened = Session(step, workspace, scratch, con)
                streamed = opened.streamed
                try:
                    opened.define_inputs()
                    if streamed and not workspace.settings.memory:
                        con.execute(f"SET memory_limit = '{STREAMING_MEMORY}'")
                    if queries:
                        opened.define_queries()
                    yield opened
                except duckdb.Error as error:
                    for each in streamed:
                        each.explain(con, error)
                    if isinstance(error, duckdb.IOException):
                        raise StoreError(str(error)) from error
                    _explain(step, workspace, error)
                    if step.custom and isinstance(error, duckdb.InvalidInputException):
                        raise UsageError(str(error).removeprefix("Invalid Input Error: ")) from error
                    raise UsageError(f"{step.label}: {' '.join(str(error).split())}") from error
                finally:
                    for each in streamed:
                        each.stop()
        finally:
            # Files that were being read are let go when DuckDB no longer asks for them.
            for each in streamed:
                each.wait()


@contextlib.contextmanager
def connection(workspace: Workspace, scratch):
    """A DuckDB connection with the threads and memory of the settings, spilling into ``scratch``."""
    config, chosen = {"temp_directory": str(scratch / "spill")}, workspace.settings
    limits = {"threads": chosen.threads, "memory_limit": chosen.memory or _part_of_memory(chosen.beside)}
    with quiet(duckdb.connect(config=config | {name: value for name, value in limits.items() if value})) as con:
        yield con


@cache
def _part_of_memory(processes: int) -> str | None:
    """What a process may take of the memory that DuckDB would take alone; None: all of it."""
    if processes == 1:
        return None
    with duckdb.connect() as con:
        number, unit = con.execute("SELECT current_setting('memory_limit')").fetchone()[0].split()
    return f"{float(number) / processes:.1f} {unit}"


def _explain(step: Step, workspace: Workspace, error: duckdb.Error) -> None:
    """Raise InputError where the SQL refused a value of a raw file (macro ``refuse``)."""
    landed = [str(workspace.landing.locate(path)) for view in step.views for path in view.landed]
    if landed and (refused := refusal(str(error))):
        column, found, expected = refused
        raise InputError(
            "A raw file holds a value that it may not hold",
            file=", ".join(landed[:3]),
            column=column,
            expected=expected,
            found=repr(found),
        ) from error


def quiet(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection without DuckDB's progress bar, which would be printed to stdout, into the answer of a command."""
    con.execute("SET enable_progress_bar = false")
    return con


def create_macros(con: duckdb.DuckDBPyConnection, paths=None) -> None:
    """Create the macros of the given files of sql/macros, of all where none are named."""
    for path in sorted(set(paths)) if paths is not None else sorted({each.path for each in sqlfile.macros().values()}):
        con.execute(path.read_text(encoding="utf-8"))


def sql_value(value) -> str:
    """A catalog value as a SQL literal: numbers, text, lists, and mappings as MAP."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if isinstance(value, int) else f"{value!r}::DOUBLE"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(sql_value(each) for each in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{literal(name)}: {sql_value(each)}" for name, each in value.items())
        return f"MAP {{{pairs}}}"
    return literal(value)
