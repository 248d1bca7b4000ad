"""What the benchmark measures, one task per process: ``python -m tests.benchmark.tasks TASK FOLDER ...``.

FOLDER holds ``raw`` and ``store``. Each task prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from pipeline.plan import metric_files, sqlfile
from pipeline.plan.step import Step, chain
from pipeline.region import asked
from pipeline.run.session import session
from pipeline.run.workspace import Workspace
from tests.benchmark import columns, prepare, reference
from tests.benchmark.prepare import made, workspace_of

YEAR = 2021
# What takes less than a second is measured so often; the shortest counts.
RUNS = 3


def national(folder: str, scale: str) -> dict:
    """Generate the nation; tells the metrics of microdata by estimator."""
    workspace = prepare.national(Path(folder), float(scale))
    known = workspace.plan.catalog.metrics
    return {"metrics": {slug: metric.estimator for slug, metric in known.items() if metric.samples}}


def states(folder: str) -> dict:
    """The sample with 51 state files for ten years."""
    prepare.states(Path(folder))
    return {"files": len(list((Path(folder) / "raw" / "acs_pums").glob("*_1-Year/*.gz")))}


def stage(folder: str, table: str, vintage: str) -> dict:
    """Stage one table of one vintage from its csv.gz files."""
    workspace = workspace_of(Path(folder))
    return {
        "rows": sum(each["output"]["rows"] for each in made(workspace, workspace.plan.staged(table, vintage), True))
    }


def inputs(folder: str, slug: str) -> dict:
    """Make what the metric reads, the staged microdata included, so that it is not measured."""
    workspace = workspace_of(Path(folder))
    made(workspace, chain([each for step in _steps(workspace, slug) for each in step.upstream if each.layer != "sums"]))
    return {}


def metric(folder: str, slug: str) -> dict:
    """Make the metric from the staged tables, sums and every geography; seconds of each."""
    workspace, seconds = workspace_of(Path(folder)), {}
    for step in _steps(workspace, slug):
        started = time.monotonic()
        made(workspace, [step], force=True)
        seconds[step.geography or step.layer] = time.monotonic() - started
    return {"seconds": seconds}


def current(folder: str, slug: str) -> dict:
    """The metric is there and up to date."""
    workspace = workspace_of(Path(folder))
    made(workspace, _steps(workspace, slug))
    return {}


def scan(folder: str, slug: str) -> dict:
    """Only read the columns that the metric reads, from the same files, and sum or compare them."""
    workspace = workspace_of(Path(folder))
    step = _steps(workspace, slug)[0]
    microdata = {view.name: view.parts for view in step.views if view.parts and view.parts[0][0].layer == "staged"}
    kinds = {name: dict(parts[0][0].columns) for name, parts in microdata.items()}
    *before, (_, last) = [query for query in step.queries if query[1] != metric_files.CONTRACT]
    with session(step, workspace, queries=False) as opened:
        for name, path in before:
            opened.define(name, path)
        wanted = columns.read_by(opened.con, sqlfile.read(last).text, {name: [*kinds[name]] for name in microdata})
    statements = []
    for name, found in wanted.items():
        paths = [str(workspace.store.local(part.address)) for part, _ in microdata[name]]
        sums = ", ".join(f"{'max' if kinds[name][each] == 'VARCHAR' else 'sum'}({each})" for each in found)
        statements.append(f"SELECT {sums} FROM read_parquet({paths})")
    return {"seconds": min(_seconds(statements) for _ in range(RUNS)), "columns": wanted}


def _seconds(statements: list[str]) -> float:
    with duckdb.connect() as con:
        started = time.monotonic()
        for statement in statements:
            con.execute(statement).fetchall()
        return time.monotonic() - started


def region(folder: str, slug: str) -> dict:
    """The metric for the region of a file, three counties; from the start of a session to its values."""
    workspace, seconds = workspace_of(Path(folder)), []
    file = Path(folder) / "triad.csv"
    file.write_text(REGION, encoding="utf-8")
    name = asked.named(workspace, str(file))
    step = workspace.plan.metric(slug, YEAR, name)
    made(workspace, chain(step.upstream))
    for _ in range(RUNS):
        started = time.monotonic()
        with session(step, workspace) as opened:
            values = opened.con.execute("SELECT count(value) FROM result").fetchone()[0]
        seconds.append(time.monotonic() - started)
    return {"seconds": min(seconds), "values": values}


REGION = """region,name,component_type,component_geoid
triad,Triad,county,37057
triad,Triad,county,37067
triad,Triad,county,37081
"""


def audited(folder: str, *years: str) -> dict:
    """What to audit: the value with the most records of the last year (of ``years``) of each metric and geography."""
    workspace, found = workspace_of(Path(folder)), {}
    for slug, year, geography in sorted(workspace.plan.metric_cells(years=[int(year) for year in years])):
        table = workspace.store.local(f"metrics/{slug}/{geography}/{year}.parquet")
        if not table.exists():
            continue
        row = duckdb.sql(
            f"SELECT geoid, measure, subgroup_type || '/' || subgroup FROM '{table}' WHERE value IS NOT NULL "
            "ORDER BY sample_size DESC NULLS LAST, geoid, measure, subgroup_type, subgroup LIMIT 1"
        ).fetchone()
        if row:
            found[f"{slug} {geography}"] = [slug, year, *row]
    return {"audited": list(found.values())}


def reference_input(folder: str, sample: str, state: str) -> dict:
    """The records of one state or all for R."""
    return reference.write_input(workspace_of(Path(folder)), YEAR, sample, state, Path(folder))


def reference_ours(folder: str, sample: str, state: str) -> dict:
    """The same records by the pipeline's own SQL."""
    return reference.ours(workspace_of(Path(folder)), YEAR, sample, state, Path(folder))


def reference_difference(folder: str, sample: str, state: str) -> dict:
    """How far the two results are apart."""
    return reference.difference(Path(folder), sample, state)


def _steps(workspace: Workspace, slug: str) -> list[Step]:
    """The steps of a metric, its sums (if any) and every geography; the first one reads the microdata."""
    geographies = workspace.plan.catalog.metric(slug).geographies
    areas = [workspace.plan.metric(slug, YEAR, geography) for geography in geographies]
    return [each for each in areas[0].upstream if each.layer == "sums"] + areas


TASKS = {
    task.__name__: task
    for task in (
        *(national, states, stage, inputs, metric, current, scan, region, audited),
        *(reference_input, reference_ours, reference_difference),
    )
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
