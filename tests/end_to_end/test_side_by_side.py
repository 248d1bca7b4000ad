"""Runs side by side in processes of their own: the tables of runs one after the other, and nothing left when they end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.build import side_by_side
from pipeline.build.runs import planned
from pipeline.run import request
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

METRICS = ("--metric", "living-wage", "--metric", "student-homelessness")
ORIGIN = """
subgroup_type: origin
source: acs_person
variables: [race]
labels: {"White": "race = 1", "Other": "race <> 1"}
"""
TRIAD = "region,name,component_type,component_geoid\ntriad,Triad,county,37067\ntriad,Triad,county,37081\n"


def files(store):
    """Tables as they are, and their records but for the times they took."""
    found = {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*.parquet")}
    for path in store.rglob("*.lineage.json"):
        record = json.loads(path.read_text())
        found[str(path.relative_to(store))] = {
            name: record[name] for name in record if name not in ("seconds", "built_at")
        }
    return found


@pytest.fixture(scope="module")
def raw(pristine_sample, tmp_path_factory):
    """The sample, which these tests only read."""
    return shutil.copytree(pristine_sample, tmp_path_factory.mktemp("side") / "raw")


def build(command_line, raw, store, processes, *more):
    result = command_line.run("build", *more, "--json", "--processes", processes, raw=raw, store=store)
    assert result.stdout, result.stderr
    return result.returncode, {each["step"]: each["status"] for each in json.loads(result.stdout)["outcomes"]}


def test_tables_records_and_failures_are_those_of_runs_one_after_the_other(command_line, raw, tmp_path):
    damaged = shutil.copytree(raw, tmp_path / "raw")
    (damaged / "mit-living-wage/mit-living-wage-2023.csv").write_text("nothing\n")
    chosen = (*METRICS, "--year", 2018, "--year", 2019, "--year", 2022, "--year", 2023)
    alone = build(command_line, damaged, tmp_path / "alone", 1, *chosen)
    together = build(command_line, damaged, tmp_path / "together", 3, *chosen)
    assert alone == together and alone[0] == 3
    assert together[1]["metric/living-wage 2023 county"] == "blocked"
    assert together[1]["metric/student-homelessness 2018 county"] == "built"
    assert files(tmp_path / "alone") == files(tmp_path / "together")


def test_subgroups_and_regions_of_files_are_made_side_by_side(command_line, raw, tmp_path):
    (tmp_path / "origin.yml").write_text(ORIGIN)
    (tmp_path / "triad.csv").write_text(TRIAD)
    chosen = ("--metric", "preschool", "--year", 2018, "--year", 2021)
    chosen += ("--subgroup", tmp_path / "origin.yml", "--geography", tmp_path / "triad.csv")
    alone = build(command_line, raw, tmp_path / "alone", 1, *chosen)
    together = build(command_line, raw, tmp_path / "together", 2, *chosen)
    assert alone == together and alone[0] == 0
    assert files(tmp_path / "alone") == files(tmp_path / "together")


def test_every_second_year_comes_first_and_what_is_read_before_what_reads_it(raw, tmp_path):
    workspace = Workspace.of(Settings.of(raw, tmp_path))
    steps, _ = request.metric_steps(workspace, ["living-wage", "student-homelessness"])
    pending = request.pending(steps, workspace)
    runs = planned(pending)
    years = [run.year for run in runs if run.year]
    assert years[: len(set(years))] == [*sorted(set(years))[::2], *sorted(set(years))[1::2]]
    place = {step.address: number for number, run in enumerate(runs) for step in run.steps}
    assert len(place) == len(pending)
    assert all(place[each.address] <= place[step.address] for step in pending for each in step.needs)


@pytest.mark.parametrize(
    ("wanted", "tables", "expected"), [(None, 1, 1), (None, 500, min(os.cpu_count(), 8)), (3, 1, 3), (1, 500, 1)]
)
def test_processes_are_those_asked_for_else_one_per_core_where_it_pays(wanted, tables, expected):
    class Run:
        steps = [None] * tables

    assert side_by_side.processes(Settings(Path("raw"), "store", processes=wanted), [Run] * 8) == expected


def records(store: Path) -> int:
    """How many tables a store has, also while it is written to, where folders come and go (which ``rglob`` does not bear)."""
    return sum(name.endswith(".lineage.json") for _, _, names in os.walk(store) for name in names)


@pytest.fixture
def started(raw, tmp_path):
    """A build in two processes that has made its first tables: the command and the numbers of its processes."""
    store = tmp_path / "store"
    chosen = [*METRICS, "--processes", "2", "--raw", str(raw), "--store", str(store)]
    command = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "build", *chosen],
        cwd=settings.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while command.poll() is None and records(store) < 5:
        time.sleep(0.02)
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(command.pid)], capture_output=True, text=True, check=True
    )
    team = [int(each) for each in listed.stdout.split()]
    assert len(team) == 2
    yield command, team
    command.kill()
    command.communicate()


def ended(number: int) -> bool:
    """Whether a process is gone within some seconds, or only its number is left."""
    for _ in range(200):
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
        if state.stdout.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_ends_all_processes_in_one_line(started, tmp_path):
    command, team = started
    command.send_signal(signal.SIGINT)
    _, told = command.communicate()
    assert command.returncode == 130
    lines = [line for line in told.splitlines() if not line.startswith("[")]
    assert lines == ["mobility: Interrupted. What was finished is kept; the same command goes on from there."]
    assert all(map(ended, team))
    assert not list((tmp_path / "store/tmp").iterdir())


def test_processes_end_with_a_killed_command_and_the_next_build_goes_on(started, raw, tmp_path, command_line):
    command, team = started
    command.kill()
    assert all(map(ended, team))
    before = records(tmp_path / "store")
    code, statuses = build(command_line, raw, tmp_path / "store", 2, *METRICS)
    assert code == 0 and before >= 5
    assert set(statuses.values()) <= {"built", "up to date", "input missing"}
    assert not list((tmp_path / "store/tmp").iterdir())


def test_a_killed_process_ends_the_build_with_an_error(started):
    command, team = started
    os.kill(team[0], signal.SIGKILL)
    _, told = command.communicate()
    assert command.returncode == 1
    assert "A process of the build ended without a word" in told and "--processes 1" in told
    assert all(map(ended, team))
