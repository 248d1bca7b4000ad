"""The benchmark's generated files are what the pipeline stages: layout, keys, weights and codes."""

from __future__ import annotations

import csv
import gzip

import pytest
from benchmark import generate

from pipeline.engine import Engine
from pipeline.plan import Plan
from pipeline.plan.step import chain
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def vintage(pristine_sample, tmp_path_factory):
    """A tiny national 5-year vintage beside the sample's other raw files; gives plan, paths and vintage."""
    work = tmp_path_factory.mktemp("benchmark")
    raw = work / "raw"
    raw.mkdir()
    for folder in pristine_sample.iterdir():
        if folder.is_dir() and folder.name != "acs_pums":
            (raw / folder.name).symlink_to(folder)
    plan = Plan(Settings.of(raw, work / "store"))
    steps = chain([plan.geography("puma_to_county")])
    for step in steps:
        Engine(plan).build(step)
    chosen = generate.VINTAGES[1]
    paths = generate.write(raw / "acs_pums" / chosen.name, chosen, steps[-1].output, 0.0001)
    return Plan(Settings.of(raw, work / "store")), paths, chosen


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
    plan, _, chosen = vintage
    rows = [Engine(plan).build(step)["output"]["rows"] for step in plan.staged(table, chosen.name)]
    assert len(rows) == chosen.parts
    assert sum(rows) == pytest.approx({"acs_person": 1570, "acs_household": 690}[table], rel=0.1)
