"""Text exports of CDC WONDER: tab-delimited rows, then a footer of notes that says what was asked for.

A declared column ``query: Dataset`` is the value of the footer's line of that name, on every row. An export without a
footer was cut off; one with rows after the footer is two exports pasted together.
"""

from __future__ import annotations

import csv
import io

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table, text

_QUERY = "query: "
_END = "---"


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed exports (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    with text.open_bytes(path, spec.member) as stream:
        lines = [text.decode_line(line, spec.encoding, path, at) for at, line in enumerate(stream, start=1)]
    header, *records = list(csv.reader(io.StringIO("".join(lines).lstrip("\ufeff"), newline=""), delimiter="\t"))
    end = next((at for at, record in enumerate(records) if record and record[0].strip() == _END), None)
    if end is None:
        raise InputError(
            "An export lacks its footer",
            file=path,
            line=len(lines),
            expected=f"a line {_END} after the rows, and notes",
            found=lines[-1].strip()[:80],
            advice="It was probably cut off; export it again.",
        )
    rows, footer = [record for record in records[:end] if record], records[end:]
    for at, record in enumerate(records, start=2):
        if record and len(record) != len(header) and at < end + 2 or len(record) > 1 and at > end + 2:
            raise InputError(
                "A line of an export is not where it belongs",
                file=path,
                line=at,
                expected=f"rows of {len(header)} fields, then notes of one field",
                found="\t".join(record)[:80],
            )
    frame = pd.DataFrame(rows, columns=[title.strip() for title in header], dtype=object)
    for key, value in _parameters(footer).items():
        frame[f"{_QUERY}{key}"] = value
    table.check_columns(spec, path, list(frame.columns))
    table.insert_frame(con, name, spec, relative, path, frame, 1)


def _parameters(footer: list[list[str]]) -> dict[str, str]:
    """Lines such as ``Dataset: Natality`` by their names; of like ones the first."""
    found: dict[str, str] = {}
    for record in footer:
        key, colon, value = (record[0] if record else "").partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found
