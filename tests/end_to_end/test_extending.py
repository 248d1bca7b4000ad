"""docs/extending.md is true: its diffs apply to a copy of the project, touch no Python, and what they add is built."""

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest

from pipeline import settings

TEXT = (settings.PROJECT / "docs/extending.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"## (.+?)\n.*?```diff\n(.*?)```", TEXT, re.S))


@pytest.fixture
def project(tmp_path):
    """A copy of the project; ``extend(section)`` applies a diff, ``run`` is its command line."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("pipeline", "assets", "sql"):
        shutil.copytree(settings.PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))

    class Project:
        path = copy

        def extend(self, section):
            diff = SECTIONS[section]
            assert ".py" not in diff
            subprocess.run(["git", "apply", "-p1", "-"], input=diff, text=True, cwd=copy, check=True)

        def run(self, *arguments):
            command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
            environment = os.environ | {"PYTHONPATH": str(copy)}
            done = subprocess.run(command, capture_output=True, text=True, cwd=copy, env=environment, check=False)
            assert done.returncode == 0, done.stderr + done.stdout
            return json.loads(done.stdout)

    return Project()


def rows(store, path, where):
    return duckdb.sql(f"SELECT count(*), count(value) FROM '{store}/{path}' WHERE {where}").fetchone()


def test_every_section_says_how_many_files_and_lines_it_takes():
    for section, diff in SECTIONS.items():
        files = len(re.findall(r"^\+\+\+ ", diff, re.M))
        lines = len(re.findall(r"^\+(?!\+\+)", diff, re.M))
        said = re.search(rf"## {section}\n.*?(\d+) files?, (\d+) lines", TEXT, re.S)
        assert (int(said[1]), int(said[2])) == (files, lines), section


def test_a_year(project, tmp_path):
    project.extend("A year of a metric")
    assert "2025" in project.run("catalog", "employment", "--json")["years"]
    wanted = project.run(
        "fetch", "acs_pums@2025_1-Year", "--json", "--raw", tmp_path / "raw", "--store", tmp_path / "s"
    )
    assert {"acs_pums/2025_1-Year/*[_0-9]p[0-9a-z]*.[cz][si][vp]"} <= {each["path"] for each in wanted}


def test_a_metric(project, pristine_sample, tmp_path):
    project.extend("A metric")
    asked = ("--metric", "bachelors-degree", "--year", 2018, "--json")
    project.run("build", *asked, "--raw", pristine_sample, "--store", tmp_path / "store")
    count, values = rows(tmp_path / "store", "metrics/bachelors-degree/county/2018.parquet", "subgroup = 'Female'")
    assert count > values > 10


def test_a_source(project, tmp_path):
    project.extend("A source")
    assert "bls_laus" in project.run("catalog", "--json")["sources"]
    (tmp_path / "raw/bls_laus").mkdir(parents=True)
    content = "state_fips,county_fips,year,labor_force,unemployed\n37,067,2023,190000,6500\n37,081,2023,N.A.,N.A.\n"
    (tmp_path / "raw/bls_laus/laucnty-2023.csv").write_text(content)
    code = """import sys; from pathlib import Path
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings
workspace = Workspace.of(Settings.of(sys.argv[1], sys.argv[2]))
outcomes = [make(step, workspace) for step in workspace.plan.staged("laus_county", "2023")]
assert [each.status for each in outcomes] == ["built"], outcomes"""
    command = [sys.executable, "-c", code, str(tmp_path / "raw"), str(tmp_path / "store")]
    subprocess.run(command, cwd=project.path, env=os.environ | {"PYTHONPATH": str(project.path)}, check=True)
    table = duckdb.sql(f"FROM '{tmp_path}/store/staged/laus_county/2023.parquet'").fetchall()
    assert table == [("37067", 190000, 6500), ("37081", None, None)]


def test_a_difference_of_an_edition(project, pristine_sample, tmp_path):
    project.extend("A difference of an edition")
    asked = (
        "--metric",
        "employment",
        "--year",
        2022,
        "--json",
        "--raw",
        pristine_sample,
        "--store",
        tmp_path / "store",
    )
    project.run("build", *asked)
    project.run("build", *asked, "--method", "2026")
    counts = [
        rows(tmp_path / "store", f"{prefix}metrics/employment/county/2022.parquet", "note = 'suppressed: n<30'")[0]
        for prefix in ("", "method=2026/")
    ]
    assert counts[1] >= counts[0]
    # The sums are those of the default edition.
    assert not (tmp_path / "store/method=2026/sums").exists() and (tmp_path / "store/sums/employment").exists()


def test_a_subgroup(project, pristine_sample, tmp_path):
    project.extend("A subgroup")
    asked = ("--metric", "employment", "--year", 2018, "--geography", "county", "--json")
    project.run("build", *asked, "--raw", pristine_sample, "--store", tmp_path / "store")
    count, values = rows(tmp_path / "store", "metrics/employment/county/2018.parquet", "subgroup = 'Age 40 to 54'")
    assert count > values > 10
