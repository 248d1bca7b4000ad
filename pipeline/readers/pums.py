"""The Census Bureau's ACS PUMS files as they come: CSV, gzip or zip, one state or the nation.

DuckDB reads CSV and gzip directly. It cannot read zip; a deflated member is the body of a gzip file, so its
bytes are copied into one without decompressing them.
"""

from __future__ import annotations

import csv
import re
import shutil
import struct
import tempfile
import zipfile
from functools import partial
from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import text
from pipeline.readers.columns import TYPES, constants_hold, present_columns, view_columns
from pipeline.readers.streamed import Integrity, Streamed, landed_file, read_gzip, scratch

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
    if path.suffix == ".zip":
        names = sorted(text.members(path, spec.member))
        headers = [_header(path, each.replace("[", "[[]")) for each in names]
        if any(header != headers[0] for header in headers):
            raise InputError(
                "The members of a zip file have different columns",
                file=path,
                expected=", ".join(names[:1]),
                found=", ".join(names[1:]),
                advice="They are not of one vintage.",
            )
        folder = tempfile.TemporaryDirectory(prefix="members-", dir=scratch(con))
        parts = [_unzipped(path, each, Path(folder.name) / f"{number}.csv") for number, each in enumerate(names)]
        header, holds, integrity = headers[0], [folder], Integrity(partial(_read_zip, path, names))
    else:
        header, holds, parts = _header(path), [], [path]
        integrity = Integrity(partial(read_gzip, path)) if path.suffix == ".gz" else None
    present, replicates = present_columns(path, spec, header)
    kinds = {present[column]: TYPES[declared.type] for column, declared in spec.columns.items() if column in present}
    kinds |= dict.fromkeys(replicates, "SMALLINT")
    con.execute(f"SET VARIABLE {name}_columns = [{', '.join(literal(column) for column in present)}]")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, present, replicates)} "
        f"FROM {_csv(parts, header, kinds)} WHERE {constants_hold(spec, present)}"
    )
    return [Streamed(path, _csv(parts, header, {}), integrity, holds)]


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


def _csv(parts: list[Path], header: list[str], kinds: dict[str, str]) -> str:
    # buffers of 8 MB let one thread decompress while the other parses (a tenth faster than the default 32 MB)
    columns = ", ".join(f"{literal(column)}: '{kinds.get(column, 'VARCHAR')}'" for column in header)
    files = ", ".join(literal(part) for part in parts)
    return (
        f"read_csv([{files}], auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, buffer_size = 8000000)"
    )


def _unzipped(archive: Path, member: str, target: Path) -> Path:
    """A member as a file that DuckDB reads: deflated bytes with the head and tail of a gzip file, or else
    plain.
    """
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo(member)
        if info.compress_type != zipfile.ZIP_DEFLATED:
            with opened.open(info) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
            return target
    target = target.with_suffix(".csv.gz")
    with open(archive, "rb") as source, open(target, "wb") as out:
        source.seek(info.header_offset + 26)
        source.seek(info.header_offset + 30 + sum(struct.unpack("<HH", source.read(4))))
        out.write(b"\x1f\x8b\x08\x00\0\0\0\0\0\xff")
        left = info.compress_size
        while left:
            piece = source.read(min(left, 1 << 20))
            if not piece:
                raise InputError("A zip file is cut off", file=archive, expected=f"{left} more bytes", found="the end")
            out.write(piece)
            left -= len(piece)
        out.write(struct.pack("<LL", info.CRC, info.file_size & 0xFFFFFFFF))
    return target


def _read_zip(path: Path, names: list[str]) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in names:
            with archive.open(name) as source:
                while source.read(1 << 20):
                    pass
