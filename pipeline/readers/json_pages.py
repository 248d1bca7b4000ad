"""Pages of a JSON interface: an object whose ``results`` is a list of rows."""

from __future__ import annotations

import json

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table, text


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed pages (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    with text.open_bytes(path, spec.member) as stream:
        try:
            records = json.load(stream)
        except ValueError as error:
            raise InputError(
                "A JSON page cannot be read", file=path, expected="an object with 'results'", found=str(error)
            ) from error
    if not isinstance(records, dict) or not records.get("results"):
        raise InputError(
            "A JSON page holds no rows", file=path, expected="an object with 'results'", found=str(records)[:80]
        )
    frame = pd.DataFrame(records["results"], dtype=object).map(_as_text)
    table.insert_frame(con, name, spec, relative, path, frame, 0)


def _as_text(value):
    return None if value is None else str(value)
