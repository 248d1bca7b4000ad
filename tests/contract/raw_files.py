"""Raw files by hand in the publishers' formats, and what is staged from them."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl

from conftest import staged_rows
from pipeline.run.whole import accept
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings


def workbook(path: Path, *rows) -> None:
    """Write a workbook of one sheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def table(path: Path, *rows, delimiter: str = ",") -> None:
    """Write delimited text; the first row is the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)


def staged(raw: Path, name: str, vintage: str, method: str = "2025") -> list[dict]:
    """The rows of a staged table made from the files in ``raw``, which need not be whole. Raises the InputError of a bad
    one."""
    workspace = Workspace.of(Settings.of(raw, raw.parent / "store", method=method))
    accept(workspace, (f"{workspace.plan.catalog.source_of_table[name]}@{vintage}",))
    return staged_rows(workspace, name, vintage)
