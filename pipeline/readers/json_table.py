"""A JSON array of arrays, the first one the names, as the Census Bureau's data interface answers."""

from __future__ import annotations

import json

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table, text


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed answers (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    with text.open_bytes(path, spec.member) as stream:
        try:
            answer = json.load(stream)
        except ValueError as error:
            raise InputError(
                "A JSON answer cannot be read to its end",
                file=path,
                expected="an array of arrays",
                found=str(error),
                advice="It was probably cut off in transfer; get it again.",
            ) from error
    _refuse_other_shapes(answer, path)
    header, *rows = answer
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    # What was asked for and selected by at once is there twice.
    frame = frame.loc[:, ~frame.columns.duplicated()]
    table.check_columns(spec, path, list(frame.columns))
    table.insert_frame(con, name, spec, relative, path, frame.map(_as_text), 1)


def _refuse_other_shapes(answer, path) -> None:
    is_table = isinstance(answer, list) and len(answer) > 1 and all(isinstance(row, list) for row in answer)
    if not is_table or any(len(row) != len(answer[0]) for row in answer):
        raise InputError(
            "A JSON answer is not a table",
            file=path,
            expected="an array of at least two arrays of one length",
            found=str(answer)[:80],
        )


def _as_text(value):
    return None if value is None else str(value)
