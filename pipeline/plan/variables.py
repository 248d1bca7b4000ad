"""The variables of the SQL of a metric or a geography table: what its entry says of the year, its parameters and rules."""

from __future__ import annotations

from pipeline.catalog import Catalog
from pipeline.catalog.models import GeographyTable, Metric, Quirk

# What a line of a metric's years says beside vintages of inputs and variables of the SQL.
NOT_VARIABLES = ("samples", "geographies")


def metric_variables(slug: str, metric: Metric, year: int) -> dict:
    """The variables of a metric's queries in a year, without the geography."""
    line = metric.years[year]
    constants = {name: value for name, value in line.items() if name not in {*metric.inputs, *NOT_VARIABLES}}
    return {"metric": slug, "year": year, **metric.parameters, **constants, **rules(metric.quirks)}


def geography_variables(entry: GeographyTable, year: str | None, catalog: Catalog) -> dict:
    """The variables of a geography table's query, of the year where it is partitioned."""
    years = [each for metric in catalog.metrics.values() for each in metric.years]
    return {
        **({"year": int(year)} if year else {}),
        "first_metric_year": min(years),
        "newest_metric_year": max(years),
        **entry.parameters,
        **rules(entry.quirks),
    }


def rules(quirks: dict[str, Quirk]) -> dict:
    """The variables ``rule_<id>`` (hyphens as underscores) of an entry's quirks in this edition."""
    return {f"rule_{name.replace('-', '_')}": quirk.rule for name, quirk in quirks.items() if quirk.rule is not None}
