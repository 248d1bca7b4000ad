"""The Census Bureau's ACS PUMS files as they come: CSV, gzip or zip, one state or the nation."""

from __future__ import annotations

import csv
import re
from functools import partial
from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import inflate, text
from pipeline.readers.columns import TYPES, constants_hold, present_columns, view_columns
from pipeline.readers.records import Records
from pipeline.readers.streamed import Streamed, landed_file, scratch

_FILE_NAME = re.compile(r"(?:psam_|csv_|ss\d\d)([ph])(us[a-z]?|[a-z]{2}|\d\d)\.(?:csv|csv\.gz|zip)")
_STATES = dict(
    re.findall(
        "([a-z]+)([0-9]+)",
        "al01 ak02 az04 ar05 ca06 co08 ct09 de10 dc11 fl12 ga13 hi15 id16 il17 in18 ia19 ks20 ky21 "
        "la22 me23 md24 ma25 mi26 mn27 ms28 mo29 mt30 ne31 nv32 nh33 nj34 nm35 ny36 nc37 nd38 oh39 "
        "ok40 or41 pa42 ri44 sc45 sd46 tn47 tx48 ut49 vt50 va51 wa53 wv54 wi55 wy56 pr72",
    )
)


def read(con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed, vintage: str) -> list[Streamed]:
    """Create the view ``name`` over one CSV, CSV.gz or zip file, with the declared columns and 80 replicate
    weights, and the variable ``<name>_columns``, the columns that the file has.

    Raises InputError for a missing, damaged or empty file, a web page, a missing column, members with
    different columns, or a file whose records another file in the folder holds too.
    """
    path = landed_file(con, name, spec, landed)
    if not path:
        return []
    refuse_overlap(path)
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
    return [Streamed(path, partial(_csv, scratch(con), path, names, headers[0]), kinds, records)]


def refuse_overlap(path: Path) -> None:
    """Raise InputError where another file beside ``path`` holds (some of) the same states: each record counts
    once.
    """
    mine = _holds(path)
    for other in sorted(path.parent.iterdir()) if mine else ():
        theirs = _holds(other)
        if other == path or not theirs or theirs[0] != mine[0]:
            continue
        nation = [area for area in (mine[1], theirs[1]) if area.startswith("us")]
        both_parts = len(nation) == 2 and len(mine[1]) == len(theirs[1]) == 3
        same = mine[1] == theirs[1] or (nation and not both_parts and "72" not in (mine[1], theirs[1]))
        if same:
            raise InputError(
                "Two raw files hold the same records",
                file=path,
                expected="each state in one file",
                found=other.name,
                advice="Keep one of them in the folder.",
            )


def _holds(path: Path) -> tuple[str, str] | None:
    match = _FILE_NAME.fullmatch(path.name.lower())
    return (match[1], _STATES.get(match[2], match[2])) if match else None


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
