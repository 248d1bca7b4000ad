"""The data dictionary of a release, as a static page and as Markdown, from the catalog's own words."""

from __future__ import annotations

from pathlib import Path

import jinja2

from pipeline.catalog import Catalog
from pipeline.publish.columns import column_role
from pipeline.publish.datapackage import QUALITY_WORDS
from pipeline.publish.ranges import ranges

TEMPLATES = Path(__file__).parent / "templates"


def pages(catalog: Catalog, package: dict, synthetic: bool) -> dict[str, str]:
    """File name -> content: data-dictionary.html and data-dictionary.md, for the columns of the data package."""
    content = {
        "version": package["version"],
        "synthetic": synthetic,
        "missing": catalog.publication.missing,
        "licence": catalog.publication.licence,
        "quality_words": QUALITY_WORDS,
        "files": package["resources"],
        "metrics": [_metric(catalog, slug, columns) for slug, columns in _columns(catalog, package).items()],
        "suppressions": [
            each for each in catalog.publication.suppressions if set(each.files) & _files(catalog, package)
        ],
    }
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=jinja2.select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True
    )
    return {
        f"data-dictionary.{kind}": environment.get_template(f"dictionary.{kind}").render(content)
        for kind in ("html", "md")
    }


def _files(catalog: Catalog, package: dict) -> set[str]:
    stems = {each["name"] for each in package["resources"]}
    return {number for number, file in catalog.publication.files.items() if file.stem in stems}


def _columns(catalog: Catalog, package: dict) -> dict[str, dict[str, dict]]:
    """Metric -> column -> what the data package says of it and the numbers of the files that have it."""
    found: dict[str, dict[str, dict]] = {}
    for resource in package["resources"]:
        for field in resource["schema"]["fields"]:
            if slug := field.get("metric"):
                column = found.setdefault(slug, {}).setdefault(field["name"], {**field, "files": []})
                column["files"].append(resource["name"].partition("_")[0])
    return {slug: found[slug] for slug in catalog.metrics if slug in found}


def _metric(catalog: Catalog, slug: str, columns: dict[str, dict]) -> dict:
    metric = catalog.metrics[slug]
    verified = {
        geography: {
            kind: ranges(year for year in metric.years if metric.verification(geography, year) == kind)
            for kind in ("published", "partial", "rules", "synthetic")
        }
        for geography in metric.geographies
        # What was imported is what was published: there is nothing to compare.
        if not catalog.publication.as_found
    }
    return {
        "slug": slug,
        "metric": metric,
        "columns": columns,
        "years": {
            geography: ranges(year for year in metric.years if geography in metric.geographies_of(year))
            for geography in metric.geographies
        },
        "subgroups": {
            kind: metric.subgroups.get(kind) or list(catalog.subgroups[kind].labels)
            for kind in metric.subgroup_types
            if kind != "all"
        },
        "measures": {column_role(column)[0]: catalog.measure(column_role(column)[0]) for column in columns},
        "sources": [catalog.sources[source] for source in metric.sources],
        "combine": metric.combine.words,
        "breaks": [*metric.breaks, *(text for source in metric.sources for text in catalog.sources[source].breaks)],
        "verified": verified,
    }
