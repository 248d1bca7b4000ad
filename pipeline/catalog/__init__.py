"""The catalog: what exists. Reads and validates every YAML file of the project once per process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ValidationError

from pipeline import settings
from pipeline.catalog import editions
from pipeline.catalog.models import GeographyTable, Measure, Metric, Publication, Source, SubgroupFamily
from pipeline.errors import UsageError, unknown


@dataclass(frozen=True)
class Catalog:
    """Sources, geography tables, metrics, subgroup families and publication, by name."""

    sources: dict[str, Source]
    geography: dict[str, GeographyTable]
    metrics: dict[str, Metric]
    subgroups: dict[str, SubgroupFamily]
    publication: Publication
    source_of_table: dict[str, str] = field(default_factory=dict)

    def staged(self, table: str):
        """The staged table's entry. Raises UsageError where no source has it."""
        if table not in self.source_of_table:
            raise UsageError(
                f"No source declares the staged table {table!r}; known: " + ", ".join(sorted(self.source_of_table))
            )
        return self.sources[self.source_of_table[table]].tables[table]

    def choices(self, name: str) -> dict[str, list[str]]:
        """The staged tables that SOURCE or SOURCE@VINTAGE stands for, each with its vintages. UsageError for unknown
        names."""
        source, _, vintage = name.partition("@")
        tables = self.source(source).tables
        known = sorted({each for table in tables.values() for each in table.vintages})
        if vintage and vintage not in known:
            raise unknown(f"vintage of {source}", vintage, known)
        chosen = {table: [each for each in entry.vintages if vintage in ("", each)] for table, entry in tables.items()}
        return {table: vintages for table, vintages in chosen.items() if vintages}

    def metric(self, slug: str) -> Metric:
        """The metric's entry. Raises UsageError for an unknown slug."""
        if slug not in self.metrics:
            raise unknown("metric", slug, sorted(self.metrics))
        return self.metrics[slug]

    def measure(self, name: str) -> Measure:
        """The published variable's entry. Raises UsageError for an unknown name."""
        if name not in self.metric_of:
            raise unknown("measure", name, sorted(self.metric_of))
        return self.metrics[self.metric_of[name]].measures[name]

    @cached_property
    def metric_of(self) -> dict[str, str]:
        """Published variable -> the metric that has it."""
        return {measure: slug for slug, metric in self.metrics.items() for measure in metric.measures}

    def source(self, name: str) -> Source:
        """The source's entry. Raises UsageError for an unknown name."""
        if name not in self.sources:
            raise unknown("source", name, sorted(self.sources))
        return self.sources[name]


def validated(path: Path, content, model: type[BaseModel]):
    """The content of a catalog file as ``model``. UsageError names file, entry, field, found and expected."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise UsageError(_explain(path, error)) from error


def _explain(path: Path, error: ValidationError) -> str:
    lines = []
    # What was written wrongly tells more than what is missing.
    for problem in sorted(error.errors(), key=lambda each: each["type"] == "missing")[:5]:
        where = ".".join(str(part) for part in problem["loc"]) or "the whole file"
        found = "nothing" if problem["type"] == "missing" else repr(problem["input"])[:80]
        lines.append(f"{where}: expected {problem['msg']}; found {found}")
    return f"Catalog file {path}: " + " | ".join(lines)


def _read_folder(folder: Path, model, method: str) -> dict:
    return {
        stem: validated(folder / f"{stem}.yml", editions.entry(folder, stem, method), model)
        for stem in editions.stems(folder, method)
    }


def load(method: str = settings.METHOD) -> Catalog:
    """The project's catalog in an edition, read once. Raises UsageError for an unknown edition, an invalid entry or a
    reference to nothing."""
    return _load(method)


@cache
def _load(method: str) -> Catalog:
    if method not in editions.known():
        raise unknown("method", method, editions.known())
    sources = _read_folder(settings.CATALOG / "sources", Source, method)
    publication = editions.entry(settings.CATALOG, "publication", method)
    catalog = Catalog(
        sources=sources,
        geography=_read_folder(settings.SQL / "geography", GeographyTable, method),
        metrics=_read_folder(settings.SQL / "metrics", Metric, method),
        subgroups=_read_folder(settings.CATALOG / "subgroups", SubgroupFamily, method),
        publication=validated(settings.CATALOG / "publication.yml", publication, Publication),
        source_of_table={table: name for name, source in sources.items() for table in source.tables},
    )
    _check_references(catalog)
    return catalog


def _check_references(catalog: Catalog) -> None:
    entries = {f"sql/metrics/{slug}.yml": metric.inputs for slug, metric in catalog.metrics.items()}
    entries |= {f"sql/geography/{name}.yml": table.inputs for name, table in catalog.geography.items()}
    known = {f"staged/{name}" for name in catalog.source_of_table}
    known |= {f"geography/{name}" for name in catalog.geography}
    for file, inputs in entries.items():
        for view, declared in inputs.items():
            tables = declared.table.values() if isinstance(declared.table, dict) else [declared.table]
            for table in tables:
                if table not in known:
                    raise UsageError(
                        f"Catalog file {file}: inputs.{view}: expected a staged or geography "
                        f"table that exists; found {table!r}"
                    )
    for slug, metric in catalog.metrics.items():
        for source in metric.sources:
            if source not in catalog.sources:
                raise UsageError(
                    f"Catalog file sql/metrics/{slug}.yml: sources: expected a source of "
                    f"pipeline/catalog/sources; found {source!r}"
                )


def digest(*parts) -> str:
    """sha256 of the parts: models and JSON-able values in a canonical form, text as it is."""
    text = hashlib.sha256()
    for part in parts:
        if isinstance(part, BaseModel):
            part = part.model_dump(mode="json")
        if not isinstance(part, str):
            part = _canonical(part)
        text.update(part.encode())
        text.update(b"\0")
    return text.hexdigest()


_canonical = json.JSONEncoder(sort_keys=True, default=str).encode


_SHARED: dict[int, tuple[object, str]] = {}


def shared(part) -> str:
    """The canonical form of a part that many digests have in common (the same object, which nobody changes), made once."""
    if id(part) not in _SHARED:
        # The part is kept, so that no other object gets its id.
        _SHARED[id(part)] = part, _canonical(part)
    return _SHARED[id(part)][1]
