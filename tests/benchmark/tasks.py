"""What the benchmark measures, one task per process: ``python -m tests.benchmark.tasks TASK WORK ...``.

WORK is the folder with ``raw`` and ``store``. Each task prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pipeline.engine import Engine
from pipeline.plan import Plan
from pipeline.plan.step import chain
from pipeline.settings import Settings
from tests.benchmark import explained, one_state
from tests.benchmark.prepare import raw_directory

YEAR = 2021


def plan_of(work: str) -> Plan:
    """The plan of the benchmark's raw directory and store."""
    return Plan(Settings.of(Path(work) / "raw", Path(work) / "store"))


def prepare(work: str, scale: str) -> dict:
    """Generate the microdata and link the other raw files."""
    return {"raw": str(raw_directory(Path(work), float(scale)).raw)}


def stage(work: str, table: str, vintage: str) -> dict:
    """Stage one table of one vintage from its csv.gz files."""
    plan = plan_of(work)
    outputs = [Engine(plan).build(step)["output"] for step in plan.staged(table, vintage)]
    plan.landing.save()
    return {"rows": sum(each["rows"] for each in outputs), "bytes": sum(each["bytes"] for each in outputs)}


def inputs(work: str, slug: str) -> dict:
    """Build what the metric reads besides the microdata, so that it is not measured."""
    plan, built = plan_of(work), []
    engine = Engine(plan)
    for geography in plan.catalog.metric(slug).geographies:
        for step in chain([plan.metric(slug, YEAR, geography)])[:-1]:
            if not step.name.startswith("acs_") and not engine.is_current(step):
                engine.build(step)
                built.append(step.label)
    plan.landing.save()
    return {"built": built}


def metric(work: str, slug: str) -> dict:
    """Build the metric from the staged tables: every geography and subgroup, with bounds."""
    plan, told = plan_of(work), {}
    for geography in plan.catalog.metric(slug).geographies:
        started = time.monotonic()
        rows = Engine(plan).build(plan.metric(slug, YEAR, geography))["output"]["rows"]
        told[geography] = {"seconds": time.monotonic() - started, "rows": rows}
    return told


def profile(work: str, slug: str) -> dict:
    """Where the time of the metric's county table goes, and which columns of the microdata it reads."""
    plan = plan_of(work)
    engine, step = Engine(plan), plan.metric(slug, YEAR, "county")
    with engine.session(step, result=False) as con:
        found = explained.run(con, Path(work) / f"profile-{slug}.json", lambda: engine.define_result(con, step))
    tables = {name: list(plan.catalog.staged(table).columns) for name, table, _ in _microdata(step)}
    return {
        "latency": found["latency"],
        "steps": explained.step_seconds(found),
        "columns": explained.columns_read(found, tables),
    }


def scan(work: str, slug: str, columns: str) -> dict:
    """Only read ``columns`` (JSON: view -> columns) of the files that the metric reads, and sum or compare them."""
    plan = plan_of(work)
    engine, step = Engine(plan), plan.metric(slug, YEAR, "county")
    wanted = json.loads(columns)
    started = time.monotonic()
    with engine.session(step, result=False) as con:
        for name, table, paths in _microdata(step):
            kinds = plan.catalog.staged(table).columns
            sums = ", ".join(
                f"{'max' if kinds[column] == 'VARCHAR' else 'sum'}({column})" for column in wanted.get(name, [])
            )
            if sums:
                con.execute(f"SELECT {sums} FROM read_parquet({[str(path) for path in paths]})").fetchall()
    return {"seconds": time.monotonic() - started}


def _microdata(step) -> list[tuple[str, str, list[Path]]]:
    """The views of a metric step over microdata: name, staged table and files."""
    return [
        (view.name, view.parts[0][0].name, [part.output for part, _ in view.parts])
        for view in step.views
        if view.parts and view.parts[0][0].name.startswith("acs_")
    ]


def state_input(work: str, sample: str) -> dict:
    """The rows of one state for the reference implementations."""
    return one_state.write_inputs(plan_of(work), YEAR, sample, Path(work))


def state_ours(work: str, sample: str) -> dict:
    """Employment of one state by the pipeline's own SQL."""
    return one_state.ours(plan_of(work), YEAR, sample, Path(work))


def state_pandas(work: str, sample: str) -> dict:
    """Employment of one state by a plain pandas script."""
    return one_state.with_pandas(sample, Path(work))


TASKS = {
    task.__name__: task
    for task in (prepare, stage, inputs, metric, profile, scan, state_input, state_ours, state_pandas)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
