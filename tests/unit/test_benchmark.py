"""The benchmark's generated files are what the pipeline stages: layout, keys, weights and codes."""

from __future__ import annotations

import csv
import gzip

import duckdb
import pytest
from benchmark import columns, generate

from conftest import made
from pipeline.run import whole
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def vintage(pristine_sample, tmp_path_factory):
    """A tiny national 5-year vintage beside the sample's other raw files; gives workspace, paths and vintage."""
    work = tmp_path_factory.mktemp("benchmark")
    raw = work / "raw"
    raw.mkdir()
    for folder in pristine_sample.iterdir():
        if folder.is_dir() and folder.name != "acs_pums":
            (raw / folder.name).symlink_to(folder)
    workspace = Workspace.of(Settings.of(raw, work / "store"))
    crosswalk = workspace.plan.geography("puma_to_county")
    made(workspace, [crosswalk])
    chosen = generate.VINTAGES[1]
    table = workspace.store.local(crosswalk.address)
    paths = generate.write(raw / "acs_pums" / chosen.name, chosen, table, 0.0001)
    workspace = Workspace.of(Settings.of(raw, work / "store"))
    whole.accept(workspace, ("acs_pums",))
    return workspace, paths, chosen


def test_the_files_have_the_names_and_the_width_of_the_real_ones(vintage):
    _, paths, chosen = vintage
    assert [path.name for path in paths[:2]] == ["psam_pusa.csv.gz", "psam_pusb.csv.gz"]
    assert len(paths) == 2 * chosen.parts
    for path in paths:
        with gzip.open(path, "rt") as file:
            widths = {len(row) for row in csv.reader(file)}
        assert widths == {generate.WIDTH[path.name[5]]}


@pytest.mark.parametrize("table", ["acs_person", "acs_household"])
def test_the_files_stage(vintage, table):
    workspace, _, chosen = vintage
    steps = workspace.plan.staged(table, chosen.name)
    made(workspace, steps)
    rows = [workspace.record(step.address)["output"]["rows"] for step in steps]
    assert len(rows) == chosen.parts
    assert sum(rows) == pytest.approx({"acs_person": 1570, "acs_household": 690}[table], rel=0.1)


def test_a_vintage_by_state_has_two_files_of_every_state_and_its_records_only(vintage, tmp_path):
    workspace, *_ = vintage
    table = workspace.store.local(workspace.plan.geography("puma_to_county").address)
    generate.write_states(tmp_path / "states", generate.Vintage("2023_1-Year", 500, 100, 1), table)
    for letter in "ph":
        files = {path.name[6:8]: path for path in (tmp_path / "states").glob(f"psam_{letter}*.csv.gz")}
        assert len(files) == 51
        for state, path in files.items():
            with gzip.open(path, "rt") as file:
                assert {row["ST"] for row in csv.DictReader(file)} == {state}


def test_the_scan_reads_what_a_query_projects_or_filters(tmp_path):
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT range AS a, range AS b, range AS c, range AS d FROM range(10)) TO '{tmp_path}/t.parquet'"
        )
        query = f"SELECT sum(a) FROM (SELECT a, d FROM read_parquet('{tmp_path}/t.parquet') WHERE b > 1)"
        assert columns.read_by(con, query, {"t": ["a", "b", "c", "d"]}) == {"t": ["a", "b"]}
