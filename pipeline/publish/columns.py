"""Columns of the published files: keys, and the measure and role behind every other one; labels that they rename."""

from __future__ import annotations

from pipeline.catalog.models import PublishedFile
from pipeline.quoting import literal

ROLES = {"_lb": "lower", "_ub": "upper", "_quality": "quality"}


def column_role(column: str) -> tuple[str, str]:
    """A published column's measure and role: value, lower, upper or quality."""
    for suffix, role in ROLES.items():
        if column.endswith(suffix):
            return column.removesuffix(suffix), role
    return column, "value"


def key_columns(file: PublishedFile) -> list[str]:
    """Leading columns of a published file, in contract order."""
    names = ["year", "state", file.geography, "state_name", f"{file.geography}_name"]
    return [*names, "subgroup", "subgroup_type"] if file.subgroup_type else [*names, "population"]


def metric_tables(file: PublishedFile) -> str:
    """The metric tables as a relation, with the file's names of subgroup families and labels."""
    families = labels = ""
    for each in file.relabelled:
        of_family = f"measure = {literal(each.measure)} AND subgroup_type = {literal(each.subgroup_type)}"
        families += f" WHEN {of_family} THEN {literal(file.subgroup_type)}"
        for found, published in each.labels.items():
            labels += f" WHEN {of_family} AND subgroup = {literal(found)} THEN {literal(published)}"
    replaced = [f"CASE{families} ELSE subgroup_type END AS subgroup_type"] if families else []
    replaced += [f"CASE{labels} ELSE subgroup END AS subgroup"] if labels else []
    return f"(SELECT * REPLACE ({', '.join(replaced)}) FROM metric_tables)" if replaced else "metric_tables"
