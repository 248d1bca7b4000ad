"""Shared fixtures: real inputs where they are at hand, the synthetic sample, and tables made by hand."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import duckdb
import pytest

from pipeline import catalog, settings
from pipeline.build import build
from pipeline.catalog import editions
from pipeline.plan import sqlfile
from pipeline.plan.step import RESULT, Step, View, chain
from pipeline.plan.variables import rules
from pipeline.readers import text
from pipeline.run import request, whole
from pipeline.run.make import make
from pipeline.run.session import session
from pipeline.run.workspace import Workspace
from pipeline.sample import write_sample
from pipeline.settings import METHOD, PROVIDER, Settings
from tests.warm import CommandLine

SHARED = settings.PROJECT.parent / "shared"
# The tests themselves run side by side; a test that wants a build in several processes says so.
os.environ.setdefault("MOBILITY_PROCESSES", "1")
# A shell's background job ignores Ctrl-C, and what it starts inherits that; commands that tests interrupt may not.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real inputs and published results."""
    if not (SHARED / "raw").is_dir():
        pytest.skip(f"no real inputs: {SHARED} is absent (they are not part of the project)")
    return SHARED


class Built:
    """A built store: its workspace and plan, what became of each step, and its tables as relations."""

    def __init__(self, raw: Path, store: Path, slugs=(), years=(), **choices):
        self.settings = Settings.of(raw, store, **choices)
        self.workspace = Workspace.of(self.settings)
        self.plan = self.workspace.plan
        self.steps, self.outcomes = request.metric_steps(self.workspace, slugs, years)
        if not slugs:
            self.steps += request.geography_steps(self.workspace)[0]
        self.outcomes += build(self.workspace, self.steps)

    def build(self, steps) -> None:
        """Make further steps."""
        self.outcomes += build(self.workspace, steps)

    def metric(self, slug: str, year: int, geography: str = "county") -> str:
        """A metric table as a relation, wherever the edition and provider have it."""
        path = self.workspace.store.local(self.plan.metric(slug, year, geography).address)
        return f"read_parquet('{path}', hive_partitioning = false)"

    def table(self, relative: str) -> str:
        """A table of the store as a relation."""
        return f"read_parquet('{self.settings.store}/{relative}.parquet')"


def made(workspace: Workspace, steps) -> list[dict]:
    """Make the steps with all they read; their records. Raises the error of the first one that fails."""
    records = []
    for step in chain(steps):
        outcome = make(step, workspace)
        if outcome.error:
            raise outcome.error
        records.append(workspace.record(step.address))
    return records


def staged_rows(workspace: Workspace, table: str, vintage: str) -> list[dict]:
    """The rows of a staged table that is made for it, of all its files."""
    rows, steps = [], workspace.plan.staged(table, vintage)
    made(workspace, steps)
    for step in steps:
        relation = duckdb.sql(f"FROM read_parquet('{workspace.store.local(step.address)}')")
        rows += [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return rows


@pytest.fixture
def raw(tmp_path):
    """A raw directory to be filled; ``raw.put(path, text)`` writes a file, ``raw.staged(table, vintage)`` its rows."""

    class Raw:
        path = tmp_path / "raw"

        def put(self, relative, content, member=None):
            target = self.path / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            content = content if isinstance(content, bytes) else content.encode("latin-1")
            if member:
                with zipfile.ZipFile(target, "a") as archive:
                    archive.writestr(member, content)
            else:
                target.write_bytes(content)

        @property
        def workspace(self):
            """A workspace that takes the files as they are: a few lines are never whole."""
            workspace = Workspace.of(Settings.of(self.path, tmp_path / "store"))
            whole.accept(workspace, tuple(workspace.plan.catalog.sources))
            return workspace

        def staged(self, table, vintage):
            return staged_rows(self.workspace, table, vintage)

    return Raw()


@pytest.fixture(scope="session")
def build_store():
    """Builds a store: (raw, store, slugs, years, **choices) -> Built."""
    return Built


@pytest.fixture(scope="session")
def real(shared, tmp_path_factory) -> Built:
    """Everything but the microdata metrics, built from the real raw files."""
    return Built(shared / "raw", tmp_path_factory.mktemp("real"), ("living-wage", "student-homelessness"))


@pytest.fixture(scope="session")
def real_geography(shared, tmp_path_factory) -> Built:
    """Every geography table, built from the real raw files."""
    built = Built(shared / "raw", tmp_path_factory.mktemp("geography"), ("living-wage",))
    built.build(request.geography_steps(built.workspace)[0])
    return built


@pytest.fixture(scope="session")
def published(shared, tmp_path_factory):
    """A published file as a relation of text, NA as NULL; the files mix UTF-8 and Latin-1."""
    folder = tmp_path_factory.mktemp("published")

    def relation(name: str, missing: str = "NA") -> str:
        target = folder / name.removesuffix(".gz")
        if not target.exists():
            text.write_utf8(shared / "published" / name, target, "mixed")
        return f"read_csv('{target}', all_varchar = true, header = true, nullstr = '{missing}')"

    return relation


@pytest.fixture(scope="session")
def pristine_sample(tmp_path_factory) -> Path:
    """The synthetic raw directory; tests that change files use ``sample`` instead."""
    folder = tmp_path_factory.mktemp("sample") / "raw"
    write_sample(folder)
    return folder


@pytest.fixture
def sample(pristine_sample, tmp_path) -> Path:
    """A copy of the synthetic raw directory that a test may change."""
    return Path(shutil.copytree(pristine_sample, tmp_path / "raw"))


@pytest.fixture(scope="session")
def command_line():
    """The command line with everything imported: ``run(arguments)`` runs a command in a process of its own."""
    warm = CommandLine()
    yield warm
    warm.close()


@pytest.fixture
def mobility(tmp_path, command_line):
    """Run the command line in a process of its own; gives the completed process."""

    def run(*arguments, raw=None, store=None, stdin=None) -> subprocess.CompletedProcess:
        store = store or (tmp_path / "store" if arguments[0] != "--help" else None)
        return command_line.run(*arguments, raw=raw, store=store, stdin=stdin)

    return run


@pytest.fixture
def run_sql(tmp_path):
    """Run SQL files of the project over tables given by hand, in a session of the engine.

    ``tables`` maps a view to (column list, rows). Files before the last one are ``records`` (or ``sums``, ``assigned``,
    ``design_states`` or ``county_designs``, where the file's name says so) for those that follow; returns the last one's
    result as a list of dicts. Rules that ``variables`` does not name are those of the default edition. Views that only
    regions have are empty where not given.
    """

    def run(*files: str, tables: dict, variables: dict | None = None, threads: int | None = None) -> list[dict]:
        named = ("assigned", "design_states", "county_designs", "sums")
        made = [next((name for name in named if file.endswith(f"{name}.sql")), "records") for file in files]
        named = [(name, settings.SQL / file) for name, file in zip(made, files[:-1], strict=False)]
        views = tuple(
            View(name, columns=tuple(_columns(columns)), literal_rows=tuple(map(tuple, rows)))
            for name, (columns, rows) in (_of_regions(files) | tables).items()
        )
        step = Step(
            layer="geography",
            name="by hand",
            partition=None,
            geography=None,
            part=None,
            method=METHOD,
            provider=PROVIDER,
            address="geography/by-hand.parquet",
            queries=(*named, (RESULT, settings.SQL / files[-1])),
            views=views,
            variables=_rules(files) | (variables or {}),
        )
        workspace = Workspace.of(Settings.of(tmp_path, tmp_path / "by hand", threads=threads))
        with session(step, workspace) as opened:
            result = opened.con.execute(f"FROM {RESULT}")
            names = [column[0] for column in result.description]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        _refuse_undeclared(files[-1], rows)
        return rows

    return run


def _refuse_undeclared(file: str, rows: list[dict]) -> None:
    """Measures and labels of a metric's rows are those that an edition of the catalog declares for it; microdata metrics
    take their labels from the view that a test gives."""
    slug = Path(file).name.partition(".")[0]
    if slug not in catalog.load().metrics or not rows or "subgroup_type" not in rows[0]:
        return
    entries = [catalog.load(edition).metrics[slug] for edition in editions.known()]
    assert {row["measure"] for row in rows} <= {name for entry in entries for name in entry.measures}
    if not entries[0].samples:
        declared = {(kind, name) for entry in entries for kind, names in entry.subgroups.items() for name in names}
        declared |= {("all", "All")} | {(kind, "All") for entry in entries for kind in entry.own_total}
        assert {(row["subgroup_type"], row["subgroup"]) for row in rows} <= declared


def _of_regions(files) -> dict:
    """The views of the files that only regions fill, without rows."""
    read = {name for file in files for name in sqlfile.read(settings.SQL / file).statement.reads}
    entries = catalog.load()
    found = {}
    for metric in entries.metrics.values():
        for name, declared in metric.inputs.items():
            if name in read and isinstance(declared.table, dict) and set(declared.table) == {"region"}:
                columns = entries.geography[declared.table["region"].split("/")[1]].columns
                found[name] = (", ".join(f"{column} {kind}" for column, kind in columns.items()), [])
    return found


def _rules(files) -> dict:
    """The rules of the default edition of the metric or geography table that one of the files belongs to."""
    entries = catalog.load()
    tables = {**entries.metrics, **entries.geography}
    names = [Path(file).name.partition(".")[0] for file in files]
    return {name: value for table in names if table in tables for name, value in rules(tables[table].quirks).items()}


def _columns(declared: str):
    """Name and type of each column of a list such as ``geoid VARCHAR, afact DECIMAL(18, 15)``."""
    depth, quoted, column = 0, False, ""
    for character in declared + ",":
        depth += {"(": 1, ")": -1}.get(character, 0)
        quoted ^= character == '"'
        if character == "," and not depth and not quoted:
            column = column.strip()
            name, _, kind = column[1:].partition('" ') if column.startswith('"') else column.partition(" ")
            yield name, kind
            column = ""
        else:
            column += character
