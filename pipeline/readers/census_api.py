"""Answers of the Census Bureau's data interface: an array of arrays of text, the first one the names."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import census_table, table, text

# Columns that name the area, from large to small -> what a GEO_ID of that kind begins with
_AREAS = {
    ("state", "county", "tract"): "1400000US",
    ("state", "county"): "0500000US",
    ("state", "place"): "1600000US",
}
_WIDTHS = {"state": 2, "county": 3, "tract": 6, "place": 5}


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed answers (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    header, rows = _answer(path)
    table_id, lines = census_table.variables(spec, relative, path, header)
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    named = pd.DataFrame({line: frame[found] for line, found in lines.items()})
    named.insert(0, "GEO_ID", _geo_ids(path, frame))
    named.insert(1, "table_id", table_id)
    table.insert_frame(con, name, spec, relative, path, named, 1)


def _answer(path: Path) -> tuple[list[str], list[list]]:
    """Names and rows of an answer. Raises InputError where it is cut off or of another form."""
    with text.open_bytes(path) as stream:
        try:
            content = json.load(stream)
        except ValueError as error:
            raise InputError(
                "An answer of the Census Bureau cannot be read",
                file=path,
                expected="an array of arrays, complete",
                found=str(error),
                advice="It was probably cut off in transfer; get it again.",
            ) from error
    whole = isinstance(content, list) and len(content) > 1 and all(isinstance(row, list) for row in content)
    uneven = whole and next((number for number, row in enumerate(content, 1) if len(row) != len(content[0])), None)
    if not whole or uneven:
        raise InputError(
            "An answer of the Census Bureau is not a table",
            file=path,
            line=uneven or None,
            expected="an array of arrays of one length, the first one the names",
            found=str(content[uneven - 1] if uneven else content)[:120],
        )
    return [str(name) for name in content[0]], content[1:]


def _geo_ids(path: Path, frame: pd.DataFrame) -> pd.Series:
    """GEO_ID of each row from the columns that name its area."""
    names = next((names for names in _AREAS if set(names) <= set(frame.columns)), None)
    if names is None:
        raise InputError(
            "A raw file lacks a column",
            file=path,
            column="state, county and tract",
            expected="the codes of tracts, counties or places",
            found=", ".join(frame.columns)[:300],
        )
    for name in names:
        wrong = frame.index[~frame[name].astype("string").str.fullmatch(f"[0-9]{{{_WIDTHS[name]}}}").fillna(False)]
        if len(wrong):
            raise InputError(
                "A raw file holds an unexpected value",
                file=path,
                column=name,
                line=int(wrong[0]) + 2,
                expected=f"a code of {_WIDTHS[name]} digits with its leading zeros",
                found=repr(frame[name][wrong[0]]),
            )
    return _AREAS[names] + frame[list(names)].agg("".join, axis=1)
