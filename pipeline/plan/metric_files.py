"""Which SQL files make a metric: all of one stem, and those of the estimator it names."""

from __future__ import annotations

from pathlib import Path

from pipeline import settings
from pipeline.catalog.models import Metric
from pipeline.plan.step import RESULT

FOLDER = settings.SQL / "metrics"
CONTRACT = FOLDER / "contract" / "metric_table.sql"
Queries = tuple[tuple[str, Path], ...]


def has_sums(slug: str, metric: Metric) -> bool:
    """Whether the metric has a table of sums without geography."""
    return metric.estimator == "share" or _own_sums(slug) is not None


def sums_queries(slug: str, metric: Metric) -> Queries:
    """The SQL files of the metric's sums, in the order in which they are run."""
    if own := _own_sums(slug):
        return ((RESULT, own),)
    return ("records", _own(slug, metric)), (RESULT, settings.SQL / "estimators" / metric.estimator / "sums.sql")


def metric_queries(slug: str, metric: Metric) -> Queries:
    """The SQL files of the metric's areas, in the order in which they are run."""
    if not metric.estimator:
        return ("estimate", _own(slug, metric)), (RESULT, CONTRACT)
    assigned, areas = (settings.SQL / "estimators" / metric.estimator / name for name in ("assigned.sql", "areas.sql"))
    if assigned.exists():
        return ("assigned", assigned), ("estimate", _own(slug, metric)), (RESULT, CONTRACT)
    return ("records", _own(slug, metric)), ("estimate", areas), (RESULT, CONTRACT)


def combined_queries(metric: Metric) -> Queries:
    """The SQL files of a metric's regions that are put together from the metric's own areas."""
    combined = settings.SQL / "estimators" / "regions" / f"{metric.combine.by}.sql"
    return ("estimate", combined), (RESULT, CONTRACT)


def _own(slug: str, metric: Metric) -> Path:
    return FOLDER / (metric.sql or f"{slug}.sql")


def _own_sums(slug: str) -> Path | None:
    path = FOLDER / f"{slug}.sums.sql"
    return path if path.exists() else None
