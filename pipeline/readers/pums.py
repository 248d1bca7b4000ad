"""The Census Bureau's ACS PUMS files as they come: CSV, gzip or zip, one state or the nation."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import inflate, text
from pipeline.readers.columns import TYPES, constants_hold, present_columns, view_columns
from pipeline.readers.pums_names import refuse_overlap
from pipeline.readers.records import Records
from pipeline.readers.streamed import Streamed, landed_file, scratch


def read(con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed, vintage: str) -> list[Streamed]:
    """Create the view ``name`` over one CSV, CSV.gz or zip file, with the declared columns and 80 replicate
    weights, and the variable ``<name>_columns``, the columns that the file has.

    Raises InputError for a missing, damaged or empty file, a web page, a missing column, members with
    different columns, or a file as refuse_overlap does.
    """
    path = landed_file(con, name, spec, landed)
    if not path:
        return []
    held = refuse_overlap(path)
    names = sorted(text.members(path, spec.member)) if path.suffix == ".zip" else [None]
    headers = [_header(path, member and member.replace("[", "[[]")) for member in names]
    if any(header != headers[0] for header in headers):
        raise InputError(
            "The members of a zip file have different columns",
            file=path,
            expected=", ".join(names[:1]),
            found=", ".join(names[1:]),
            advice="They are not of one vintage.",
        )
    present, replicates = present_columns(path, spec, headers[0])
    kinds = {present[column]: TYPES[declared.type] for column, declared in spec.columns.items() if column in present}
    kinds |= dict.fromkeys(replicates, "SMALLINT")
    records = Records([inflate.pieces(path, member) for member in names], headers[0], kinds)
    con.register(f"{name}_records", records.reader().__arrow_c_stream__())
    con.execute(f"SET VARIABLE {name}_columns = [{', '.join(literal(column) for column in present)}]")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, present, replicates)} "
        f"FROM {quote(f'{name}_records')} WHERE {constants_hold(spec, present)}"
    )
    return [Streamed(path, partial(_csv, scratch(con), path, names, headers[0]), held.state, kinds, records)]


def _header(path: Path, member: str | None = None) -> list[str]:
    with text.open_bytes(path, member) as stream:
        line = text.decode_line(stream.readline(), "utf-8", path, 1).lstrip("\ufeff")
        if not stream.readline():
            raise InputError(
                "A raw file has a header but no rows", file=path, expected="at least one row", found="none"
            )
    return next(csv.reader([line]), [])


def _csv(folder: Path, path: Path, names: list[str | None], header: list[str], kinds: dict[str, str]) -> str:
    """The file as DuckDB reads it by itself, with every column as text or as one of ``kinds``. Members of a zip, which
    DuckDB cannot read, are copied to ``folder``.
    """
    parts = [
        path if member is None else _unzipped(path, member, folder / f"member-{number}.csv")
        for number, member in enumerate(names)
    ]
    columns = ", ".join(f"{literal(column)}: '{kinds.get(column, 'VARCHAR')}'" for column in header)
    files = ", ".join(literal(part) for part in parts)
    return (
        f"read_csv([{files}], auto_detect = false, hive_partitioning = false, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}})"
    )


def _unzipped(path: Path, member: str, target: Path) -> Path:
    with open(target, "wb") as out:
        for piece in inflate.pieces(path, member):
            out.write(piece)
    return target
