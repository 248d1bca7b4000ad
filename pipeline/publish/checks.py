"""Checks of a release: a SQL file each in sql/release/checks, whose rows are what breaks the rule, beside those of its tables.

A check of severity ``error`` that fails stops the release unless it is allowed by name and reason; a ``warning`` is told.
"""

from __future__ import annotations

import duckdb

from pipeline import settings
from pipeline.catalog import Catalog
from pipeline.checks import first_rows
from pipeline.errors import CheckFailed
from pipeline.plan import sqlfile
from pipeline.publish.tables import Table

FOLDER = settings.SQL / "release" / "checks"
ERROR, WARNING = "error", "warning"
# What the checks of the release itself name as their table.
RELEASE = "release"


def of_tables(tables: list[Table]) -> list[dict]:
    """What was found of each metric table when it was built or imported."""
    return [{"table": each.label, "severity": ERROR, **result} for each in tables for result in each.record["checks"]]


def of_release(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[dict]:
    """Run the checks of the release on ``cells``, ``rows_per_year``, ``metric_tables`` and the publication's tables."""
    results = []
    for path in sorted(FOLDER.glob("*.sql")):
        query = sqlfile.read(path)
        found = first_rows(con, query.text)
        results.append(
            {
                "table": RELEASE,
                "severity": WARNING if path.stem in catalog.publication.warnings else ERROR,
                "name": path.stem,
                "passed": not found,
                "rule": query.title,
                "found": found or "no row breaks the rule",
            }
        )
    return results


def refuse_failed(results: list[dict], allowed: dict[str, str]) -> None:
    """Raise CheckFailed for a failed check of severity error that is not allowed."""
    failed = [
        each for each in results if each["severity"] == ERROR and not each["passed"] and each["name"] not in allowed
    ]
    if failed:
        first = failed[0]
        raise CheckFailed(
            f"{len(failed)} checks failed, the first is {first['name']} of {first['table']}: {first['found']}. "
            "Mend the cause and build again, or publish in spite of it: "
            f'--allow-failed-check {first["name"]} --because "…"'
        )


def warnings(results: list[dict]) -> list[dict]:
    """The checks of severity warning that failed."""
    return [each for each in results if each["severity"] == WARNING and not each["passed"]]
