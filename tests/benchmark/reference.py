"""Employment by county, overall: the pipeline's SQL against R's survey package on the same records in memory."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from pipeline.plan import sqlfile
from pipeline.run.session import session
from pipeline.run.workspace import Workspace

SLUG = "employment"
EVERY = "every"
RUNS = 5


def paths(folder: Path, sample: str, state: str) -> dict[str, Path]:
    """The files of one comparison: R's records (a folder of CSV files by state), and both results."""
    names = {"records": "records", "survey": "survey.csv", "ours": "ours.csv"}
    return {name: folder / f"{sample}-{state}-{file}" for name, file in names.items()}


def _load(opened, sample: str, state: str) -> None:
    """The records of the sample and state with one label, and their allocation, as tables in memory."""
    chosen = "true" if state == EVERY else f"statefip = '{state}'"
    opened.define(*opened.step.queries[0])
    opened.con.execute(f"""
        CREATE TEMP TABLE records_in_memory AS
        SELECT * REPLACE (0 AS subgroup_key) FROM records WHERE sample = '{sample}' AND {chosen};
        CREATE TEMP TABLE allocation_in_memory AS
        FROM allocation WHERE crosswalk_period = crosswalk_period(getvariable('year')) AND {chosen};
        CREATE OR REPLACE TEMP VIEW records AS FROM records_in_memory;
        CREATE OR REPLACE TEMP VIEW allocation AS FROM allocation_in_memory;
        CREATE OR REPLACE TEMP TABLE subgroup AS
        SELECT '{sample}' AS sample, 0 AS subgroup_key, 'all' AS subgroup_type, 'All' AS subgroup""")


def write_input(workspace: Workspace, year: int, sample: str, state: str, folder: Path) -> dict:
    """What R gets: the records of the metric's universe, once per county that is not suppressed."""
    target = paths(folder, sample, state)["records"]
    with session(workspace.plan.metric(SLUG, year, "county"), workspace, queries=False) as opened:
        _load(opened, sample, state)
        count = opened.con.execute(f"""
            COPY (SELECT statefip AS state, geoid AS county, outcome AS employed, weight, afact, COLUMNS('repwt[0-9]+')
                  FROM records JOIN allocation USING (statefip, puma)
                  QUALIFY sum(afact) OVER (PARTITION BY geoid) >= getvariable('minimum_effective_sample'))
            TO '{target}' (FORMAT csv, HEADER, PARTITION_BY (state), OVERWRITE)""").fetchone()[0]
    return {"rows": count}


def ours(workspace: Workspace, year: int, sample: str, state: str, folder: Path) -> dict:
    """Seconds of the sums per PUMA and of the areas from them, the shortest of some runs each."""
    step, seconds = workspace.plan.metric(SLUG, year, "county"), {"sums": [], "areas": []}
    sums = sqlfile.read(workspace.plan.sums(SLUG, year).sql[-1]).text
    with session(step, workspace, queries=False) as opened:
        _load(opened, sample, state)
        for _ in range(RUNS):
            started = time.monotonic()
            opened.con.execute(f"CREATE OR REPLACE TEMP TABLE sums_in_memory AS {sums}")
            seconds["sums"].append(time.monotonic() - started)
            opened.con.execute("CREATE OR REPLACE TEMP VIEW sums AS FROM sums_in_memory")
            started = time.monotonic()
            for name, path in step.queries[1:-1]:
                opened.define(name, path)
            seconds["areas"].append(time.monotonic() - started)
        opened.con.execute(
            "COPY (SELECT geoid AS county, value, standard_error, lower, upper FROM estimate WHERE value IS NOT NULL) "
            f"TO '{paths(folder, sample, state)['ours']}' (FORMAT csv, HEADER)"
        )
        records = opened.con.execute("SELECT count(*) FROM records").fetchone()[0]
    return {"records": records, **{name: min(found) for name, found in seconds.items()}}


def difference(folder: Path, sample: str, state: str) -> dict:
    """Counties that only one of them has, and the largest difference of value, standard error and (clipped) bounds."""
    files = paths(folder, sample, state)
    compared = duckdb.sql(f"""
        SELECT count(*) FILTER (WHERE ours.value IS NULL OR survey.value IS NULL),
               max(greatest(abs(ours.value - survey.value), abs(ours.standard_error - survey.standard_error),
                            abs(ours.lower - greatest(survey.lower, 0)), abs(ours.upper - least(survey.upper, 1))))
        FROM read_csv('{files["ours"]}', types = {{county: 'VARCHAR'}}) AS ours
        FULL JOIN read_csv('{files["survey"]}', types = {{county: 'VARCHAR'}}) AS survey USING (county)""").fetchone()
    return dict(zip(("counties_of_one_only", "largest_difference"), compared, strict=True))
