"""Shared fixtures: real inputs where they are at hand, the synthetic sample, and tables made by hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.build import build
from pipeline.readers import text
from pipeline.run import functions as estimator_functions
from pipeline.run import settings
from pipeline.runner import Runner
from pipeline.sample import write_sample
from pipeline.settings import Settings

SHARED = settings.PROJECT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real inputs and published results."""
    if not (SHARED / "raw").is_dir():
        pytest.skip(f"no real inputs: {SHARED} is absent (they are not part of the project)")
    return SHARED


class Store:
    """A built store: its runner, and DuckDB over its tables and over published files."""

    def __init__(self, raw: Path, store: Path, slugs=(), **choices):
        self.settings = Settings.of(raw, store, **choices)
        self.runner = Runner(self.settings)
        steps = self.runner.metric_steps(slugs)
        build(self.runner, steps if slugs else steps + self.runner.geography_steps())
        self.plan, self.engine = self.runner.plan, self.runner.engine

    def table(self, relative: str) -> str:
        """A table of the store as a relation."""
        return f"read_parquet('{self.settings.store}/{relative}.parquet')"


@pytest.fixture(scope="session")
def real(shared, tmp_path_factory) -> Store:
    """Everything but the microdata metrics, built from the real raw files."""
    return Store(shared / "raw", tmp_path_factory.mktemp("real"), ("living-wage", "student-homelessness"))


@pytest.fixture(scope="session")
def real_geography(shared, tmp_path_factory) -> Store:
    """Every geography table, built from the real raw files."""
    store = Store(shared / "raw", tmp_path_factory.mktemp("geography"), ("living-wage",))
    build(store.runner, store.runner.geography_steps())
    return store


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


@pytest.fixture
def mobility(tmp_path):
    """Run the command line in a process of its own; gives the completed process."""

    def run(*arguments, raw=None, store=None, stdin=None) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
        command += ["--raw", str(raw)] if raw else []
        command += ["--store", str(store or tmp_path / "store")] if arguments[0] != "--help" else []
        return subprocess.run(command, capture_output=True, text=True, input=stdin, cwd=settings.PROJECT, check=False)

    return run


@pytest.fixture
def run_sql(tmp_path):
    """Run SQL files of the project over tables given by hand, as the engine would.

    ``tables`` maps a view to (column list, rows); returns the result as a list of dicts.
    """

    def run(*files: str, tables: dict, variables: dict | None = None) -> list[dict]:
        con = duckdb.connect()
        for path in (settings.SQL / "macros").glob("*.sql"):
            con.execute(path.read_text(encoding="utf-8"))
        estimator_functions.register(con)
        for name, value in (variables or {}).items():
            con.execute(
                f"SET VARIABLE {name} = {value!r}" if not isinstance(value, bool) else f"SET VARIABLE {name} = {value}"
            )
        for name, (columns, rows) in tables.items():
            con.execute(f"CREATE TABLE {name} ({columns})")
            if rows:
                con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        for file in files[:-1]:
            con.execute(f"CREATE VIEW records AS {(settings.SQL / file).read_text(encoding='utf-8')}")
        result = con.execute((settings.SQL / files[-1]).read_text(encoding="utf-8"))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return run
