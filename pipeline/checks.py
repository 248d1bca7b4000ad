"""Checks of metric tables: the gates of card evaluation-checks (layers A and B) that hold for every metric."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import duckdb

from pipeline import files
from pipeline.engine import lineage_path
from pipeline.plan import Plan
from pipeline.readers.quoting import literal
from pipeline.step import Step


@dataclass(frozen=True)
class CheckResult:
    """One check of one metric table. ``found`` says what breaks the rule, or what was compared."""

    name: str
    passed: bool
    found: str


def checks_path(step: Step):
    """Where the results of a metric table's checks lie."""
    return step.output.with_suffix(".checks.json")


# Name -> (rule in words, SQL that counts the rows that break it). Source: card evaluation-checks, section 3.
RULES = {
    "keys are unique": (
        "one row per measure, geoid and subgroup (B8)",
        "SELECT count(*) - count(DISTINCT (measure, geoid, subgroup_type, subgroup)) FROM metric_table",
    ),
    "FIPS lengths": (
        "county 5 and place 7 digits (A3)",
        "SELECT count(*) FROM metric_table WHERE (geography = 'county' AND NOT regexp_full_match(geoid, '[0-9]{5}'))"
        " OR (geography = 'place' AND NOT regexp_full_match(geoid, '[0-9]{7}'))",
    ),
    "quality is 1, 2, 3 or NULL": ("B9", "SELECT count(*) FROM metric_table WHERE quality NOT IN (1, 2, 3)"),
    "no quality without a value": (
        "quality is NULL where the value is (card evaluation-checks, section 6)",
        "SELECT count(*) FROM metric_table WHERE value IS NULL AND quality IS NOT NULL AND NOT quality_may_stand_alone",
    ),
    "bounds are ordered": (
        "lower <= value <= upper (C)",
        "SELECT count(*) FROM metric_table WHERE lower > value OR value > upper",
    ),
    "no bounds without a value": (
        "A2",
        "SELECT count(*) FROM metric_table WHERE value IS NULL AND (lower IS NOT NULL OR upper IS NOT NULL)",
    ),
    "a missing value says why": (
        "note is set where the value is NULL (design 4.1)",
        "SELECT count(*) FROM metric_table WHERE value IS NULL AND note IS NULL",
    ),
    "values are finite": (
        "no infinity, no NaN",
        "SELECT count(*) FROM metric_table WHERE isinf(value) OR isnan(value)",
    ),
}


def check_metric(plan: Plan, step: Step) -> list[CheckResult]:
    """Run every check on a metric table and write the results beside it; returns them."""
    metric = plan.catalog.metric(step.name)
    with duckdb.connect() as con:
        # The published file keeps the quality of a homelessness share that has no value (its count has one).
        con.execute(
            f"CREATE VIEW metric_table AS SELECT *, measure = 'share_homeless' AS quality_may_stand_alone "
            f"FROM read_parquet({literal(step.output)})"
        )
        results = [_count(con, name, rule, query) for name, (rule, query) in RULES.items()]
        results += [_range(con, name, measure.range) for name, measure in metric.measures.items() if measure.range]
        results.append(_labels(con, plan, metric))
        results.append(_rows(con))
    results.append(_pumas(step, metric))
    files.write_json(checks_path(step), [asdict(result) for result in results])
    return results


def _count(con, name, rule, query) -> CheckResult:
    broken = con.execute(query).fetchone()[0]
    return CheckResult(name, broken == 0, f"{broken} rows break the rule: {rule}" if broken else rule)


def _range(con, measure, bounds) -> CheckResult:
    low, high, outside = con.execute(
        "SELECT min(value), max(value), count(*) FILTER (WHERE value NOT BETWEEN ? AND ?) FROM metric_table "
        "WHERE measure = ?",
        [*bounds, measure],
    ).fetchone()
    return CheckResult(
        f"{measure} within {bounds[0]:g} to {bounds[1]:g}",
        outside == 0,
        f"{outside} values outside; observed {low} to {high}",
    )


def _labels(con, plan: Plan, metric) -> CheckResult:
    """Subgroup labels are those that the catalog declares (A5, B4 of card evaluation-checks)."""
    declared = {("all", "All")} | {(family, "All") for family in metric.own_total}
    for family in metric.subgroup_types:
        labels = metric.subgroups.get(family) or list(plan.catalog.subgroups[family].labels if family != "all" else [])
        declared |= {(family, label) for label in labels}
    found = set(con.execute("SELECT DISTINCT subgroup_type, subgroup FROM metric_table").fetchall())
    unknown = sorted(found - declared)
    return CheckResult(
        "subgroups are those of the catalog",
        not unknown,
        f"unknown: {unknown}" if unknown else f"{len(found)} subgroups",
    )


def _pumas(step: Step, metric) -> CheckResult:
    """Every record's PUMA is in the crosswalk (card acs-pums-microdata, quirk 1), but where a quirk says otherwise."""
    notes = (files.read_json(lineage_path(step.output)) or {}).get("notes", [])
    dropped = [note for note in notes if "PUMAs without a crosswalk row" in note]
    excused = [
        name for name, quirk in metric.quirks.items() if "puma-vintage" in name and int(step.partition) in quirk.years
    ]
    found = "; ".join(dropped) or "none dropped"
    return CheckResult(
        "every PUMA is in the crosswalk",
        not dropped or bool(excused),
        found + (f" (quirk {excused[0]})" if dropped and excused else ""),
    )


def _rows(con) -> CheckResult:
    per_geoid = con.execute(
        "SELECT count(DISTINCT rows_of_geoid), min(rows_of_geoid), max(rows_of_geoid), count(*) FROM "
        "(SELECT count(*) AS rows_of_geoid FROM metric_table GROUP BY geoid)"
    ).fetchone()
    return CheckResult(
        "every geography has every measure and subgroup",
        per_geoid[0] == 1,
        f"{per_geoid[3]} geographies with {per_geoid[1]} to {per_geoid[2]} rows each",
    )
