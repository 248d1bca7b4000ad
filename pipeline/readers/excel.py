"""The first sheet of an Excel workbook, with the column names in its first row or, where these are not unique, by letter."""

from __future__ import annotations

import pandas as pd
from openpyxl.utils import get_column_letter

from pipeline.errors import InputError
from pipeline.readers import table

# The header row is looked for in this many rows: above it there may be titles, never data.
_TITLE_ROWS = 20


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed workbooks (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    try:
        # A text such as NA is missing where the catalog says so, not where pandas thinks so.
        frame = pd.read_excel(path, dtype=str, keep_default_na=False, header=None if spec.header else 0)
    except Exception as error:  # openpyxl raises a different type for each kind of damage
        raise InputError(
            "A workbook cannot be read",
            file=path,
            expected="an Excel workbook",
            found=f"{type(error).__name__}: {error}",
        ) from error
    first_line = 1
    if spec.header:
        frame.columns = [get_column_letter(number) for number in range(1, frame.shape[1] + 1)]
        table.check_columns(spec, path, list(frame.columns))
        first_line = _header_row(frame, spec.header, path)
        frame = frame.iloc[first_line:]
    table.insert_frame(con, name, spec, relative, path, frame, first_line)


def _header_row(frame: pd.DataFrame, header: dict[str, str], path) -> int:
    """Number of the row, counted from 1, that holds the texts of ``header``. Raises InputError where none does."""
    for number, row in enumerate(frame.head(_TITLE_ROWS).to_dict("records"), start=1):
        if all(str(row.get(letter, "")).strip().lower() == text.lower() for letter, text in header.items()):
            return number
    raise InputError(
        "A workbook lacks its header row",
        file=path,
        column=", ".join(header),
        expected=", ".join(f"{text!r} in column {letter}" for letter, text in header.items()),
        found=", ".join(repr(str(frame[letter].iloc[0])) for letter in header if letter in frame) or "no such column",
    )
