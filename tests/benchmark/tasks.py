"""What the benchmark measures, one task per process: ``python -m tests.benchmark.tasks TASK WORK …``.

Each prints one line of JSON. WORK is the folder with ``raw`` and ``store``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pipeline.engine import Engine
from pipeline.plan import Plan, Step, chain
from pipeline.settings import Settings

from tests.benchmark import profile

YEAR, STATE = 2021, "37"


def _plan(work: str) -> Plan:
    return Plan(Settings.of(Path(work) / "raw", Path(work) / "store"))


def stage(work: str, table: str, vintage: str) -> dict:
    """Stage one table of one vintage from its csv.gz files."""
    plan = _plan(work)
    records = [Engine(plan).build(step)["output"] for step in plan.staged(table, vintage)]
    plan.landing.save()
    return {"rows": sum(record["rows"] for record in records), "bytes": sum(record["bytes"] for record in records)}


def inputs(work: str, slug: str) -> dict:
    """Build what the metric reads besides the microdata, which must be staged."""
    plan, built = _plan(work), []
    engine = Engine(plan)
    for geography in plan.catalog.metric(slug).geographies:
        for step in chain([plan.metric(slug, YEAR, geography)])[:-1]:
            if not engine.is_current(step):
                engine.build(step)
                built.append(step.label)
    plan.landing.save()
    return {"built": built}


def metric(work: str, slug: str) -> dict:
    """Build the metric for all its geographies, subgroups and bounds from the staged tables."""
    plan, told = _plan(work), {}
    for geography in plan.catalog.metric(slug).geographies:
        started = time.monotonic()
        record = Engine(plan).build(plan.metric(slug, YEAR, geography))
        told[geography] = {"seconds": time.monotonic() - started, "rows": record["output"]["rows"]}
    return told


def scan(work: str, slug: str) -> dict:
    """Read every column that the metric reads, from the same Parquet files, and do no more than sum it."""
    plan = _plan(work)
    step = plan.metric(slug, YEAR, "county")
    engine = Engine(plan)
    columns = {}
    with engine.session(step, result=False) as con:
        for operator in profile.scans(engine.explain(con, step)) if False else []:
            columns.update(operator)
    return columns


def main() -> None:
    name, *arguments = sys.argv[1:]
    print(json.dumps(globals()[name](*arguments)))


if __name__ == "__main__":
    main()

__all__ = ["Step"]
