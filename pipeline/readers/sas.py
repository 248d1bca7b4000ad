"""SAS data sets (sas7bdat), as they are or as the member of a zip."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table, text

# Rows at a time: the Area Health Resources Files have thousands of columns, of which a few are used.
_PIECE = 200


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed data sets (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "raw.sas7bdat"
        with text.open_bytes(path, spec.member or "*.sas7bdat") as stream, plain.open("wb") as out:
            shutil.copyfileobj(stream, out)
        try:
            frame = _chosen(plain, spec)
        except Exception as error:  # pandas raises a different type for each kind of damage
            raise InputError(
                "A SAS data set cannot be read",
                file=path,
                expected="a complete sas7bdat file",
                found=f"{type(error).__name__}: {error}",
                advice="Get it again.",
            ) from error
    table.check_columns(spec, path, list(frame.columns))
    table.insert_frame(con, name, spec, relative, path, frame.map(_as_text), 0)


def _chosen(path: Path, spec) -> pd.DataFrame:
    """The declared columns of all rows; where one is lacking all columns are named by the first rows alone."""
    wanted = {name.lower() for column, declared in spec.columns.items() for name in (column, *declared.also)}
    with pd.read_sas(path, format="sas7bdat", encoding="latin-1", chunksize=_PIECE) as pieces:
        return pd.concat([piece[[name for name in piece.columns if name.lower() in wanted]] for piece in pieces])


def _as_text(value):
    """A number of SAS is always a double; a whole one is written as such."""
    if pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
