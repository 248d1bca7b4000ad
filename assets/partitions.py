"""Yearly partitions, from the catalog: a year is a partition is a run."""

from __future__ import annotations

import dagster as dg

from pipeline import settings
from pipeline.catalog import editions


def year_names() -> list[str]:
    """Every metric year of any edition, and the years between, as text."""
    folder = settings.SQL / "metrics"
    entries = [
        editions.entry(folder, stem, method) for method in editions.known() for stem in editions.stems(folder, method)
    ]
    years = [year for entry in entries for year in entry["years"]]
    return [str(year) for year in range(min(years), max(years) + 1)]


YEARS = dg.StaticPartitionsDefinition(year_names())
