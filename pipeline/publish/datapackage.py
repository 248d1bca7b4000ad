"""The Frictionless Data Package description of a release (specification v2), and the same words as Parquet metadata."""

from __future__ import annotations

from pipeline.catalog import Catalog
from pipeline.catalog.models import Metric, PublishedFile
from pipeline.publish.cells import Written
from pipeline.publish.columns import column_role, key_columns

# Name -> type, title, constraints.
KEYS = {
    "year": ("integer", "Year", {"required": True}),
    "state": ("string", "State FIPS code, 2 digits", {"required": True, "pattern": "[0-9]{2}"}),
    "county": ("string", "County FIPS code, 3 digits", {"required": True, "pattern": "[0-9]{3}"}),
    "place": ("string", "Place FIPS code, 5 digits", {"required": True, "pattern": "[0-9]{5}"}),
    "state_name": ("string", "State name", {}),
    "county_name": ("string", "County name", {}),
    "place_name": ("string", "Place name", {}),
    "population": ("integer", "Population", {"minimum": 0}),
    "subgroup": ("string", "Subgroup", {"required": True}),
    "subgroup_type": ("string", "Kind of subgroup", {"required": True}),
}
ROLE_TITLES = {"lower": "lower bound", "upper": "upper bound", "quality": "quality flag"}
QUALITY_WORDS = {
    "Strong": "no substantial concern",
    "Marginal": "limited issues, usable",
    "Weak": "serious issues, do not act on it alone",
}
PAIR = r"[0-9.]+:[0-9.]+"


def describe(catalog: Catalog, version: str, published: list[Written], synthetic: bool) -> dict:
    """The content of datapackage.json for the files that were written."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "mobility-metrics",
        "version": version,
        "title": "Mobility Metrics" + (" — SYNTHETIC SAMPLE, every number is made up" if synthetic else ""),
        "licenses": [{"name": "ODC-By-1.0", "title": catalog.publication.licence}],
        "resources": [_resource(catalog, each) for each in published],
    }


def _resource(catalog: Catalog, written: Written) -> dict:
    file = written.file
    keys = ["year", "state", file.geography] + (["subgroup"] if file.subgroup_type else [])
    return {
        "name": file.stem,
        "path": f"{file.stem}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "rows": written.rows,
        "schema": {
            "fields": [*(_key(name, file) for name in key_columns(file)), *_fields(catalog, written)],
            "primaryKey": keys,
            "missingValues": [catalog.publication.missing],
        },
    }


def _key(name: str, file: PublishedFile) -> dict:
    kind, title, constraints = KEYS[name]
    allowed = {"subgroup": file.subgroups, "subgroup_type": ["all", file.subgroup_type]}
    if name in allowed:
        constraints = constraints | {"enum": allowed[name]}
    return {"name": name, "type": kind, "title": title} | ({"constraints": constraints} if constraints else {})


def _fields(catalog: Catalog, written: Written) -> list[dict]:
    strays = written.file.stray.columns if written.file.stray else {}
    return [
        {
            "name": column,
            "type": "string",
            "title": "Left over from another file",
            "description": f"Constant {strays[column]}: a column that slipped into the published file (quirk 3 of the release).",
            "constraints": {"enum": [strays[column]]},
        }
        if column in strays
        else field(catalog, column)
        for column in written.columns
    ]


def field(catalog: Catalog, column: str) -> dict:
    """One column of a measure: type, title, unit, description, constraints, sources."""
    measure, role = column_role(column)
    metric, entry = catalog.metrics[catalog.metric_of[measure]], catalog.measure(measure)
    kind, unit, constraints = "number", entry.unit, {}
    if role == "quality":
        words = "; ".join(f"{word}: {meaning}" for word, meaning in QUALITY_WORDS.items())
        kind, unit, constraints = "string", "flag", {"enum": list(QUALITY_WORDS)}
        description = f"{words}. Rule: {metric.quality}."
    else:
        description = f"{metric.formula}. Universe: {metric.universe}."
        if entry.format == "share_pair":
            kind, constraints = "string", {"pattern": PAIR}
        elif entry.range and role == "value":
            constraints = {"minimum": entry.range[0], "maximum": entry.range[1]}
    return {
        "name": column,
        "type": kind,
        "title": entry.title if role == "value" else f"{entry.title}: {ROLE_TITLES[role]}",
        "unit": unit,
        "description": description,
        "metric": catalog.metric_of[measure],
        "sources": _sources(catalog, metric),
    } | ({"constraints": constraints} if constraints else {})


def _sources(catalog: Catalog, metric: Metric) -> list[dict]:
    return [
        {
            "title": catalog.sources[source].title,
            "path": catalog.sources[source].homepage,
            "licence": catalog.sources[source].licence,
        }
        for source in metric.sources
    ]


def describer(catalog: Catalog):
    """The Parquet metadata of a column: title, unit and description, as the data package has them."""

    def describe_column(column: str) -> dict[str, str]:
        if column in KEYS:
            return {"title": KEYS[column][1]}
        found = field(catalog, column)
        return {name: found[name] for name in ("title", "unit", "description")}

    return describe_column
