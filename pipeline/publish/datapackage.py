"""The Frictionless Data Package description of a release (specification v2)."""

from __future__ import annotations

from pipeline.catalog import Catalog
from pipeline.catalog.models import PublishedFile
from pipeline.publish.columns import column_role, key_columns

KEY_TITLES = {
    "year": ("integer", "Year"),
    "state": ("string", "State FIPS code, 2 digits"),
    "county": ("string", "County FIPS code, 3 digits"),
    "place": ("string", "Place FIPS code, 5 digits"),
    "state_name": ("string", "State name"),
    "county_name": ("string", "County name"),
    "place_name": ("string", "Place name"),
    "population": ("integer", "Population"),
    "subgroup": ("string", "Subgroup"),
    "subgroup_type": ("string", "Kind of subgroup"),
}
ROLE_TITLES = {"lower": "lower bound", "upper": "upper bound", "quality": "quality flag (Strong, Marginal, Weak)"}


def describe(catalog: Catalog, version: str, published: dict, synthetic: bool) -> dict:
    """The content of datapackage.json for the files in ``published`` (stem -> columns and rows)."""
    stems = {file.stem: file for file in catalog.publication.files.values()}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "mobility-metrics",
        "version": version,
        "title": "Mobility Metrics" + (" — SYNTHETIC SAMPLE, every number is made up" if synthetic else ""),
        "licenses": [{"name": "ODC-By-1.0", "title": catalog.publication.licence}],
        "resources": [_resource(catalog, stems[stem], content) for stem, content in published.items()],
    }


def _resource(catalog: Catalog, file: PublishedFile, content: dict) -> dict:
    fields = [{"name": name, "type": KEY_TITLES[name][0], "title": KEY_TITLES[name][1]} for name in key_columns(file)]
    fields += [_field(catalog, column) for column in content["columns"]]
    keys = ["year", "state", file.geography] + (["subgroup"] if file.subgroup_type else [])
    return {
        "name": file.stem,
        "path": f"{file.stem}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "rows": content["rows"],
        "schema": {"fields": fields, "primaryKey": keys, "missingValues": [catalog.publication.missing]},
    }


def _field(catalog: Catalog, column: str) -> dict:
    measure, role = column_role(column)
    for slug, metric in catalog.metrics.items():
        if measure in metric.measures:
            entry = metric.measures[measure]
            title = entry.title if role == "value" else f"{entry.title}: {ROLE_TITLES[role]}"
            text = role == "quality" or entry.format == "share_pair"
            return {
                "name": column,
                "type": "string" if text else "number",
                "title": title,
                "unit": entry.unit,
                "description": f"{metric.formula}. {metric.universe}.",
                "metric": slug,
                "sources": [
                    {
                        "title": catalog.sources[source].title,
                        "path": catalog.sources[source].homepage,
                        "licence": catalog.sources[source].licence,
                    }
                    for source in metric.sources
                ],
            }
    return {"name": column, "type": "string", "title": column}
