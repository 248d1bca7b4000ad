"""Why cells of two releases differ: by table, what of its inputs, code, method or suppression is another one."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline import settings
from pipeline.catalog import Catalog
from pipeline.errors import UsageError
from pipeline.publish.cells import CELLS
from pipeline.quoting import literal, quote
from pipeline.run.session import quiet
from pipeline.store import files

QUERY = settings.SQL / "release" / "changed_cells.sql"
SHOWN = 3


def explain(report: dict, old: Path, new: Path, catalog: Catalog, every: bool = False) -> list[dict]:
    """One entry per metric table with changed cells: how many, why, and the first cells (``every``: all of them).

    ``report`` is that of ``diff.compare``. UsageError where one of the two is no release with cells.
    """
    manifests = []
    for folder in (old, new):
        if not (folder / CELLS).exists():
            raise UsageError(f"Why cells changed is known of two releases only; {folder} has no {CELLS}.")
        manifests.append(files.read_json(folder / "manifest.json"))
    numbers = {file.stem: (number, file.geography) for number, file in catalog.publication.files.items()}
    differing = sorted(
        {
            (numbers[stem][0], column)
            for stem, file in report["files"].items()
            if stem in numbers
            for column in [each["column"] for each in (*file["years"], *file["absent"])] + list(file["last_digit"])
        }
    )
    geography = dict(numbers.values())
    groups: dict[str, list[dict]] = {}
    for cell in _cells(differing, old, new):
        label = f"metric/{cell['metric']} {cell['year']} {geography[cell['file']]}"
        groups.setdefault(label, []).append(cell)
    return [
        {
            "table": label,
            "count": len(cells),
            "why": _reasons(label, *manifests) or _of_cells(cells) or ["nothing that the manifests tell"],
            "cells": cells if every else cells[:SHOWN],
        }
        for label, cells in groups.items()
    ]


def _cells(differing: list[tuple], old: Path, new: Path) -> list[dict]:
    if not differing:
        return []
    with quiet(duckdb.connect()) as con:
        for name, folder in (("old_cells", old), ("new_cells", new)):
            path = literal(folder / CELLS)
            con.execute(f"CREATE VIEW {name} AS FROM read_parquet({path}, hive_partitioning = false)")
        con.execute(f"CREATE TABLE differing (file VARCHAR, {quote('column')} VARCHAR)")
        con.executemany("INSERT INTO differing VALUES (?, ?)", differing)
        found = con.execute(QUERY.read_text(encoding="utf-8"))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _reasons(label: str, old: dict, new: dict) -> list[str]:
    """What differs between the two tables, a sentence each."""
    then, now = old["inputs"].get(label), new["inputs"].get(label)
    if not then or not now:
        return [f"the table is in the {'old' if then else 'new'} release only"]
    if then["table_sha256"] == now["table_sha256"]:
        return []
    found = [f"method {old['method']}, now {new['method']}"] if old["method"] != new["method"] else []
    if then["provider"] != now["provider"]:
        found.append(f"microdata of {then['provider']}, now of {now['provider']}")
    for path in sorted(then["raw"].keys() | now["raw"].keys()):
        before, after = then["raw"].get(path), now["raw"].get(path)
        if before != after:
            found.append(
                f"raw file {path}: {'new' if not before else 'no longer read' if not after else 'other content'}"
            )
    for path in sorted(then.get("sql", {}).keys() | now.get("sql", {}).keys()):
        before, after = then["sql"].get(path), now["sql"].get(path)
        if before != after:
            found.append(f"{path}: {'new' if not before else 'no longer run' if not after else 'changed'}")
    variables = (then.get("variables", {}), now.get("variables", {}))
    for name in sorted(variables[0].keys() | variables[1].keys()):
        if variables[0].get(name) != variables[1].get(name):
            found.append(f"variable {name}: was {variables[0].get(name)}, is {variables[1].get(name)}")
    if not found and then["code_version"] != now["code_version"]:
        found.append(f"code {then['code_version']}, now {now['code_version']}")
    return found


def _of_cells(cells: list[dict]) -> list[str]:
    """What the notes of the cells say, where the tables are the same: values taken back by hand."""
    notes = {
        f"{'now' if side == 'new_note' else 'before'}: {cell[side]}"
        for cell in cells
        for side in ("old_note", "new_note")
        if cell["old_note"] != cell["new_note"] and cell[side]
    }
    return sorted(notes) or ["the publication catalog of the release: columns, rounding or labels"]


def as_markdown(groups: list[dict]) -> str:
    """The groups in words."""
    lines = ["", "## Why", ""]
    for each in groups:
        lines.append(f"- {each['table']}: {each['count']:,} cells. {'; '.join(each['why'])}")
        for cell in each["cells"]:
            where = f"{cell['file']} {cell['column']} {cell['geoid']} {cell['subgroup']}"
            lines.append(f"  - {where}: {cell['old'] or 'NA'} to {cell['new'] or 'NA'}")
    return "\n".join(lines) + "\n"
