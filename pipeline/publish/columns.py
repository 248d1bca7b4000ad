"""Columns of the published files: keys, and the measure and role behind every other one."""

from __future__ import annotations

from pipeline.catalog.models import PublishedFile

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
