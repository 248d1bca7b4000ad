"""Checks of metric tables: a SQL file each in sql/checks, whose rows are what breaks the rule.

The file's name is the check's name, its first comment the rule in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline import settings
from pipeline.catalog import Catalog
from pipeline.catalog.models import Metric
from pipeline.errors import listed
from pipeline.plan import sqlfile
from pipeline.quoting import literal

FOLDER = settings.SQL / "checks"
# The one check that looks at what a table is made from, while it is made.
CROSSWALK = "pumas_are_in_crosswalk"
# The checks that keep the last good table in place.
KEPT = ("values_are_kept", "values_are_kept_in_areas")
# The checks that a finished table cannot be put through again: they look at what it was made from and what it replaced.
NOT_AGAIN = (CROSSWALK, *KEPT)
# Tables that checks compare with: the one that is to be replaced, the same where the method of both is the same, and
# those of the years next to it.
LAST_GOOD, LAST_OF_METHOD, OTHER_YEARS = "last_good", "last_of_method", "other_years"
# Rows of a broken rule that are told, and members of a list in them.
SHOWN, LISTED = 3, 6


@dataclass(frozen=True)
class CheckResult:
    """One check of one table. ``found`` says what breaks the rule, with the first rows, or which quirk excuses it."""

    name: str
    passed: bool
    rule: str
    found: str


@cache
def names() -> list[str]:
    """Every check, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def rule(name: str) -> str:
    """What the check asks for, in words."""
    return sqlfile.read(FOLDER / f"{name}.sql").title


@cache
def rules() -> list[str]:
    """What the checks are a function of: parsed statements, so that prose does not count."""
    return [sqlfile.read(FOLDER / f"{name}.sql").statement.tree for name in names()]


def macro_paths() -> list[Path]:
    """The macro files that the checks call."""
    statements = tuple(sqlfile.read(FOLDER / f"{name}.sql").statement for name in names())
    return sorted({macro.path for macro in sqlfile.macros_called(statements)})


def check_metric(
    con, catalog: Catalog, slug: str, year: int, relation: str, skip=(), others: dict | None = None
) -> list[CheckResult]:
    """Run every check on the metric table ``relation`` of ``con``; ``skip`` names checks that cannot be run there.

    ``others`` are the Parquet files of the tables that checks compare with (LAST_GOOD and so on), where there are any.
    """
    metric = catalog.metric(slug)
    con.execute(f"CREATE OR REPLACE TEMP TABLE metric_table AS FROM {relation}")
    for name in (LAST_GOOD, LAST_OF_METHOD, OTHER_YEARS):
        paths = (others or {}).get(name, [])
        files = f"read_parquet([{', '.join(literal(path) for path in paths)}], hive_partitioning = false)"
        rows = f"FROM {files}" if paths else "FROM metric_table WHERE false"
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {rows}")
    _declared(con, catalog, metric)
    queries = {name: sqlfile.read(FOLDER / f"{name}.sql") for name in names() if name not in skip}
    # One statement for all: each of them has less to do than DuckDB has to plan it.
    counted = " UNION ALL ".join(
        f"SELECT {literal(name)}, count(*) FROM ({each.text})" for name, each in queries.items()
    )
    broken = dict(con.execute(counted).fetchall())
    return [_result(con, metric, year, name, each, broken[name]) for name, each in queries.items()]


def _declared(con, catalog: Catalog, metric: Metric) -> None:
    """The catalog's measures and subgroups as the views ``measures`` and ``declared_subgroups``."""
    rows = ", ".join(
        f"({literal(name)}, {low}, {high}, {str(measure.quality_without_value).lower()})"
        for name, measure in metric.measures.items()
        for low, high in [measure.range or ("NULL", "NULL")]
    )
    con.execute(
        "CREATE OR REPLACE TEMP VIEW measures AS SELECT measure, lowest::DOUBLE AS lowest, highest::DOUBLE AS highest, "
        f"quality_without_value FROM (VALUES {rows}) AS t(measure, lowest, highest, quality_without_value)"
    )
    pairs = ", ".join(f"({literal(family)}, {literal(label)})" for family, label in declared_subgroups(catalog, metric))
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW declared_subgroups AS FROM (VALUES {pairs}) AS t(subgroup_type, subgroup)"
    )


def declared_subgroups(catalog: Catalog, metric: Metric) -> list[tuple[str, str]]:
    """Every subgroup type and label that a table of the metric may hold."""
    declared = [("all", "All"), *((family, "All") for family in metric.own_total)]
    for family in metric.subgroup_types:
        labels = metric.subgroups.get(family) or (list(catalog.subgroups[family].labels) if family != "all" else [])
        declared += [(family, label) for label in labels]
    return list(dict.fromkeys(declared))


def _result(con, metric: Metric, year: int, name: str, query: sqlfile.SqlFile, broken: int) -> CheckResult:
    if not broken:
        return CheckResult(name, True, query.title, "no row breaks the rule")
    found = first_rows(con, query.text)
    excuse = next(
        (id for id, quirk in metric.quirks.items() if name in quirk.excuses and year in (quirk.years or [year])), None
    )
    return CheckResult(name, excuse is not None, query.title, f"{found} (quirk {excuse})" if excuse else found)


def first_rows(con, query: str) -> str:
    """How many rows the query has, with the first ones; empty where it has none."""
    count = con.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
    if not count:
        return ""
    first = con.execute(f"FROM ({query}) LIMIT {SHOWN}")
    columns = [column[0] for column in first.description]
    rows = "; ".join(
        ", ".join(f"{column} {_shortened(value)}" for column, value in zip(columns, row, strict=True))
        for row in first.fetchall()
    )
    return f"{count} row{'s' if count != 1 else ''}: {rows}{' …' if count > SHOWN else ''}"


def _shortened(value):
    """A list by its first members."""
    return listed(value, LISTED) if isinstance(value, list) and len(value) > LISTED else value
