"""The publication catalog as small tables, which the SQL files of sql/release read beside the metric tables."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline.catalog import Catalog
from pipeline.catalog.models import PublishedFile, ReleaseSuppression
from pipeline.checks import declared_subgroups
from pipeline.publish.columns import column_role

OVERALL = "all"
SCHEMAS = {
    "published_file": {
        "file": pa.string(),
        "stem": pa.string(),
        "geography": pa.string(),
        "subgroup_type": pa.string(),
        "keep_empty_years": pa.bool_(),
    },
    "published_label": {"file": pa.string(), "position": pa.int32(), "subgroup": pa.string()},
    "published_column": {
        "file": pa.string(),
        "position": pa.int32(),
        "column": pa.string(),
        "measure": pa.string(),
        "role": pa.string(),
        "format": pa.string(),
        "decimals": pa.int32(),
        "constant": pa.string(),
        "flag_needs_value": pa.bool_(),
    },
    "published_family": {
        "file": pa.string(),
        "measure": pa.string(),
        "subgroup_type": pa.string(),
        "published_type": pa.string(),
    },
    "renamed_label": {
        "file": pa.string(),
        "measure": pa.string(),
        "subgroup_type": pa.string(),
        "subgroup": pa.string(),
        "published_subgroup": pa.string(),
    },
    "areas_expected": {
        "geography": pa.string(),
        "first_year": pa.int32(),
        "last_year": pa.int32(),
        "least": pa.int32(),
        "most": pa.int32(),
    },
    "coextensive": {"place": pa.string(), "county": pa.string()},
    "declared_label": {"measure": pa.string(), "subgroup_type": pa.string(), "subgroup": pa.string()},
    "own_total": {"measure": pa.string(), "subgroup_type": pa.string()},
    "published_suppression": {
        "file": pa.string(),
        "measure": pa.string(),
        "role": pa.string(),
        "geoid": pa.string(),
        "years": pa.list_(pa.int32()),
        "except_years": pa.list_(pa.int32()),
        "subgroups": pa.string(),
        "reason": pa.string(),
    },
}
# What the suppressions of the catalog call the roles.
ROLES = {"value": "value", "lb": "lower", "ub": "upper", "quality": "quality"}


def small_tables(catalog: Catalog) -> dict[str, pa.Table]:
    """The files, columns, labels and suppressions of the edition's releases, a table each (``SCHEMAS``)."""
    rows: dict[str, list[dict]] = {name: [] for name in SCHEMAS}
    for number, file in catalog.publication.files.items():
        own = _of_file(catalog, file)
        for name, entries in own.items():
            rows[name] += [{"file": number, **entry} for entry in entries]
    for rule in catalog.publication.suppressions:
        rows["published_suppression"] += _suppressed(rule)
    rows["declared_label"] = _declared(catalog)
    rows["own_total"] = [
        {"measure": measure, "subgroup_type": family}
        for metric in catalog.metrics.values()
        for measure in metric.measures
        for family in metric.own_total
    ]
    rows["areas_expected"] = [each.model_dump() for each in catalog.publication.areas_expected]
    rows["coextensive"] = [
        {"place": place, "county": county} for place, county in catalog.publication.coextensive.items()
    ]
    return {
        name: pa.Table.from_pylist(rows[name], schema=pa.schema(list(columns.items())))
        for name, columns in SCHEMAS.items()
    }


def create(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Create the small tables in ``con``, and the macros that print numbers."""
    for name, table in small_tables(catalog).items():
        con.register(f"{name}_rows", table)
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {name}_rows")
        con.unregister(f"{name}_rows")


def _of_file(catalog: Catalog, file: PublishedFile) -> dict[str, list[dict]]:
    kind = file.subgroup_type or OVERALL
    entry = {
        "stem": file.stem,
        "geography": file.geography,
        "subgroup_type": kind,
        "keep_empty_years": file.keep_empty_years,
    }
    labels = enumerate(file.subgroups or ["All"])
    families = [
        {"measure": each.measure, "subgroup_type": each.subgroup_type, "published_type": kind}
        for each in file.relabelled
    ]
    renamed = [
        {"measure": each.measure, "subgroup_type": each.subgroup_type, "subgroup": found, "published_subgroup": label}
        for each in file.relabelled
        for found, label in each.labels.items()
    ]
    return {
        "published_file": [entry],
        "published_label": [{"position": position, "subgroup": label} for position, label in labels],
        "published_column": [_column(catalog, file, *each) for each in enumerate(file.columns)],
        "published_family": families,
        "renamed_label": renamed,
    }


def _declared(catalog: Catalog) -> list[dict]:
    """The subgroups that a measure may have: those of its metric, with a total of every family, and those of its files."""
    found = set()
    for metric in catalog.metrics.values():
        labels = declared_subgroups(catalog, metric)
        labels += [(family, "All") for family in metric.subgroup_types]
        found |= {(measure, *label) for measure in metric.measures for label in labels}
    for file in catalog.publication.files.values():
        measures = {column_role(column)[0] for column in file.columns} - set(file.stray.columns if file.stray else ())
        found |= {(measure, file.subgroup_type or OVERALL, label) for measure in measures for label in file.subgroups}
    return [
        {"measure": measure, "subgroup_type": family, "subgroup": label} for measure, family, label in sorted(found)
    ]


def _column(catalog: Catalog, file: PublishedFile, position: int, column: str) -> dict:
    entry = {"position": position, "column": column}
    if file.stray and column in file.stray.columns:
        return entry | {"measure": file.stray.measure, "role": "constant", "constant": file.stray.columns[column]}
    measure, role = column_role(column)
    return entry | {
        "measure": measure,
        "role": role,
        "format": catalog.measure(measure).format,
        "decimals": catalog.publication.decimals(column) if role != "quality" else None,
        "flag_needs_value": measure in file.quality_with_value,
    }


def _suppressed(rule: ReleaseSuppression) -> list[dict]:
    return [
        {
            "file": file,
            "measure": measure,
            "role": ROLES[role],
            "geoid": geoid,
            "years": rule.years,
            "except_years": rule.except_years,
            "subgroups": rule.subgroups,
            "reason": rule.reason,
        }
        for file in rule.files
        for role in rule.roles
        for measure in [*rule.measures, *(rule.quality_of if role == "quality" else [])]
        for geoid in rule.geoids
    ]
