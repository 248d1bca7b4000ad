"""The first sheet of an Excel workbook, with the column names in its first row."""

from __future__ import annotations

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed workbooks (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    try:
        frame = pd.read_excel(path, dtype=str)
    except Exception as error:  # openpyxl raises a different type for each kind of damage
        raise InputError(
            "A workbook cannot be read",
            file=path,
            expected="an Excel workbook",
            found=f"{type(error).__name__}: {error}",
        ) from error
    table.insert_frame(con, name, spec, relative, path, frame, 1)
