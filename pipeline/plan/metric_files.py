"""Which SQL files make a metric: all of one stem, and those of the estimator it names."""

from __future__ import annotations

from pathlib import Path

from pipeline import settings
from pipeline.catalog.models import Metric
from pipeline.plan.step import RESULT

FOLDER = settings.SQL / "metrics"
RECORDS = "records"
CONTRACT = FOLDER / "contract" / "metric_table.sql"
Queries = tuple[tuple[str, Path], ...]


def has_sums(slug: str, metric: Metric) -> bool:
    """Whether the metric has a table of sums without geography."""
    return metric.estimator == "share" or _own_sums(slug) is not None


def sums_queries(slug: str, metric: Metric) -> Queries:
    """The SQL files of the metric's sums, in the order in which they are run."""
    if own := _own_sums(slug):
        return ((RESULT, own),)
    return (RECORDS, _own(slug, metric)), (RESULT, _of_estimator(metric, "sums"))


def records_queries(slug: str, metric: Metric) -> Queries:
    """The SQL files of the rows that stand for the metric's records in regions and packs; empty where no area's estimate
    reads records beside its sums."""
    standing = _of_estimator(metric, RECORDS)
    if not metric.estimator or not standing.exists():
        return ()
    return (RECORDS, _own(slug, metric)), *_designs(metric, "all_design_states"), (RESULT, standing)


def metric_queries(slug: str, metric: Metric) -> Queries:
    """The SQL files of the metric's areas, in the order in which they are run."""
    if not metric.estimator:
        return ("estimate", _own(slug, metric)), (RESULT, CONTRACT)
    assigned = _of_estimator(metric, "assigned")
    if assigned.exists():
        return ("assigned", assigned), ("estimate", _own(slug, metric)), (RESULT, CONTRACT)
    estimate = ("estimate", _of_estimator(metric, "areas"))
    return (RECORDS, _own(slug, metric)), *_designs(metric, "design_states"), estimate, (RESULT, CONTRACT)


def queries(layer: str, slug: str, metric: Metric) -> Queries:
    """The SQL files of a metric's table in the layer sums, records or metric."""
    return {"sums": sums_queries, RECORDS: records_queries, "metric": metric_queries}[layer](slug, metric)


def combined_queries(metric: Metric) -> Queries:
    """The SQL files of a metric's regions that are put together from the metric's own areas."""
    combined = settings.SQL / "estimators" / "regions" / f"{metric.combine.by}.sql"
    return ("estimate", combined), (RESULT, CONTRACT)


def _of_estimator(metric: Metric, name: str) -> Path:
    return settings.SQL / "estimators" / str(metric.estimator) / f"{name}.sql"


def _designs(metric: Metric, states: str) -> Queries:
    """What an estimator makes of the designs of ``states`` before its areas, where it has that."""
    path = _of_estimator(metric, "county_designs")
    return (("design_states", _of_estimator(metric, states)), (path.stem, path)) if path.exists() else ()


def _own(slug: str, metric: Metric) -> Path:
    return FOLDER / (metric.sql or f"{slug}.sql")


def _own_sums(slug: str) -> Path | None:
    path = FOLDER / f"{slug}.sums.sql"
    return path if path.exists() else None
