"""A sheet with two header rows: titles of groups, each over the first of its columns, and the columns' names below.

A column goes by ``group: name``, before the first group by its name alone. Workbooks of this kind are wide and have many
siblings, so the sheet's XML is read as it streams by, a tenth of the time that a workbook's cells as objects take.
"""

from __future__ import annotations

import itertools
import zipfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table
from pipeline.readers.text import DAMAGED

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed workbooks (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    try:
        rows = _rows(path, spec.sheet)
    except (*DAMAGED, ElementTree.ParseError, KeyError) as error:
        raise InputError(
            "A workbook cannot be read",
            file=path,
            expected="an Excel workbook",
            found=f"{type(error).__name__}: {error}",
            advice="Get it again.",
        ) from error
    if len(rows) < 3:
        raise InputError(
            "A sheet has no rows", file=path, expected="two header rows and rows", found=f"{len(rows)} rows"
        )
    header = _header(rows[0], rows[1])
    table.check_columns(spec, path, list(header))
    wanted = {name.lower() for column, declared in spec.columns.items() for name in (column, *declared.also)}
    kept = {title: number for title, number in header.items() if title.lower() in wanted}
    lines = [[row[number] if number < len(row) else None for number in kept.values()] for row in rows[2:]]
    table.insert_frame(con, name, spec, relative, path, pd.DataFrame(lines, columns=list(kept), dtype=object), 2)


def _header(groups: list, names: list) -> dict[str, int]:
    """Title of a column -> its number, of like ones the first; a group goes on to the right until the next one begins."""
    header: dict[str, int] = {}
    group = ""
    for number, (above, below) in enumerate(itertools.zip_longest(groups, names)):
        group = _plain(above) or group
        if title := _plain(below):
            header.setdefault(f"{group}: {title}" if group else title, number)
    return header


def _plain(text) -> str:
    return " ".join(str(text).split()) if text is not None else ""


def _rows(path: Path, sheet: str | None) -> list[list[str | None]]:
    """The cells of a sheet as text, by row; a row that the file leaves out is empty."""
    with zipfile.ZipFile(path) as archive:
        texts = _shared_texts(archive)
        with archive.open(_member_of(archive, path, sheet)) as stream:
            rows: list[list[str | None]] = []
            for _, element in ElementTree.iterparse(stream):
                if element.tag == f"{_MAIN}row":
                    number = int(element.get("r") or len(rows) + 1)
                    rows += [[] for _ in range(number - len(rows) - 1)]
                    rows.append(_cells(element, texts))
                    element.clear()
            return rows


def _cells(row, texts: list[str]) -> list[str | None]:
    cells: list[str | None] = []
    for cell in row:
        column = _column_number(cell.get("r").rstrip("0123456789")) if cell.get("r") else len(cells)
        cells += [None] * (column - len(cells))
        cells.append(_text(cell, texts))
    return cells


def _text(cell, texts: list[str]) -> str | None:
    if cell.get("t") == "inlineStr":
        return "".join(each.text or "" for each in cell.iter(f"{_MAIN}t")) or None
    value = cell.find(f"{_MAIN}v")
    if value is None or value.text is None:
        return None
    return texts[int(value.text)] or None if cell.get("t") == "s" else value.text


@cache
def _column_number(letters: str) -> int:
    """The column that goes by ``letters``, as AB, counted from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in item.iter(f"{_MAIN}t")) for item in root.iter(f"{_MAIN}si")]


def _member_of(archive: zipfile.ZipFile, path: Path, sheet: str | None) -> str:
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    sheets = {each.get("name"): each.get(_RELATION) for each in workbook.iter(f"{_MAIN}sheet")}
    chosen = sheets.get(sheet) if sheet else next(iter(sheets.values()))
    if chosen is None:
        raise InputError(
            "A workbook lacks a sheet",
            file=path,
            expected=sheet,
            found=", ".join(sheets),
            advice="The file may be another one of the same publisher.",
        )
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(each.get("Target") for each in relations if each.get("Id") == chosen)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
