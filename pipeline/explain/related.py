"""What else bears on a value: quirks of its metric and tables in its year, and what other methods give for it."""

from __future__ import annotations

import duckdb

from pipeline.catalog import editions
from pipeline.explain.cell import Cell
from pipeline.plan.plan import own_address
from pipeline.plan.step import Step, chain
from pipeline.quoting import literal
from pipeline.run.session import quiet
from pipeline.run.workspace import Workspace
from pipeline.settings import PROVIDER

VALUES = ("value", "lower", "upper", "quality", "note")


def quirks(workspace: Workspace, cell: Cell, step: Step | None) -> list[dict]:
    """The quirks that touch the cell's year: those of its metric, and of the geography tables that its step reads.

    ``[{"id", "of", "title", "published", "right", "cells", "corrected_by", "not_corrected", "rule"}]``
    """
    catalog = workspace.plan.catalog
    tables = dict.fromkeys(each.name for each in (chain([step]) if step else ()) if each.layer == "geography")
    declared = {cell.slug: catalog.metric(cell.slug).quirks}
    declared |= {f"geography/{name}": catalog.geography[name].quirks for name in tables}
    return [
        {"id": name, "of": of, **quirk.model_dump(exclude={"years", "excuses"})}
        for of, found in declared.items()
        for name, quirk in found.items()
        if not quirk.years or cell.year in quirk.years
    ]


def other_methods(workspace: Workspace, cell: Cell) -> list[dict]:
    """The same cell as the tables of other methods, or another provider, have it, where they are built in the store.

    ``[{"method", "provider", "title", "address", "value", "lower", "upper", "quality", "note", "synthetic"}]``
    """
    store, own = workspace.store, (workspace.settings.method, workspace.settings.provider)
    subgroup = workspace.subgroup and workspace.subgroup.subgroup_type
    found = []
    for method, edition in editions.known().items():
        for provider in dict.fromkeys((PROVIDER, own[1])):
            address = f"metrics/{cell.slug}/{cell.geography}/{cell.year}.parquet"
            address = own_address(method, provider, address, subgroup)
            record = None if (method, provider) == own else workspace.record(address)
            if record and (row := _row(store.local(address), cell)):
                told = {"title": edition["title"], "address": address, "synthetic": record["synthetic"]}
                found.append({"method": method, "provider": provider, **told, **row})
    return found


def _row(path, cell: Cell) -> dict | None:
    keys = {name: cell.row[name] for name in ("measure", "geoid", "subgroup_type", "subgroup")}
    where = " AND ".join(f"{name} = {literal(value)}" for name, value in keys.items())
    query = f"SELECT {', '.join(VALUES)} FROM read_parquet({literal(path)}, hive_partitioning = false) WHERE {where}"
    with quiet(duckdb.connect()) as con:
        row = con.execute(query).fetchone()
    return dict(zip(VALUES, row, strict=True)) if row else None
