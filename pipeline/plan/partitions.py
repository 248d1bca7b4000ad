"""Which tables are partitioned by year: a year is a partition is a run."""

from __future__ import annotations

from functools import cache

from pipeline import catalog


@cache
def read_by_year() -> frozenset[str]:
    """Asset keys of the tables that metrics read by the metric's year; only these are partitioned."""
    entries = catalog.load()
    declared = [
        each
        for metric in entries.metrics.values()
        for name, each in metric.inputs.items()
        if not any(name in line for line in metric.years.values())
    ]
    declared += [each for table in entries.geography.values() if table.partitioned for each in table.inputs.values()]
    by_year = {f"geography/{name}" for name, table in entries.geography.items() if table.partitioned}
    for each in declared:
        if each.vintage is None or "{year}" in str(each.vintage):
            tables = each.table.values() if isinstance(each.table, dict) else [each.table]
            by_year |= {table for table in tables if table.startswith("staged/")}
    return frozenset(
        by_year | {f"{layer}/{slug}" for slug in entries.metrics for layer in ("sums", "records", "metric")}
    )


def partition_of(key: str, partition: str | None) -> str | None:
    """The yearly partition of a table: the year of its vintage, None where the asset is not partitioned."""
    return partition[:4] if partition and key in read_by_year() else None
