"""A Stata file (.dta), its declared columns, read in pieces."""

from __future__ import annotations

import struct

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table

_ROWS_OF_A_PIECE = 100_000


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed files (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    try:
        with pd.read_stata(path, iterator=True, convert_categoricals=False) as stream:
            found = list(stream.variable_labels())
            table.check_columns(spec, path, found)
            wanted = {each.lower() for column, declared in spec.columns.items() for each in (column, *declared.also)}
            columns = [column for column in found if column.lower() in wanted]
        with pd.read_stata(path, chunksize=_ROWS_OF_A_PIECE, columns=columns, convert_categoricals=False) as pieces:
            first_line = 0
            for frame in pieces:
                table.insert_frame(con, name, spec, relative, path, _exact(frame), first_line)
                first_line += len(frame)
    except (ValueError, OSError, EOFError, struct.error) as error:
        raise InputError(
            "A Stata file cannot be read",
            file=path,
            expected="a complete .dta file",
            found=f"{type(error).__name__}: {error}",
            advice="It was probably cut off in transfer; get it again.",
        ) from error


def _exact(frame: pd.DataFrame) -> pd.DataFrame:
    """Single precision as the doubles it is, whole numbers without a point, so that their texts read back the same."""
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_float_dtype)]:
        values = frame[column].astype("float64")
        whole = (values.dropna() % 1 == 0).all()
        frame[column] = values.astype("Int64") if whole else values
    return frame
