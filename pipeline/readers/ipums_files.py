"""IPUMS USA extracts as they come: fixed width with its DDI codebook, or CSV; plain or gzip.

The layout comes from the DDI. DuckDB reads the lines and cuts them by substr, block by block (a substr of a
long line per column would read the line once per column), so memory is bounded whatever the size of the
extract.
"""

from __future__ import annotations

import csv
import re
import warnings
from functools import lru_cache, partial
from pathlib import Path

import duckdb

from pipeline.catalog.models import RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import inflate, text
from pipeline.readers.columns import present_columns, view_columns
from pipeline.readers.streamed import Integrity, Streamed, landed_file

_BLOCK = 12
_KINDS = {1: "1-Year", 3: "5-Year"}
_NAME = re.compile(r"(.*?)\.(dat|csv)((?:\.rev\d+)?)(?:\.gz)?")


def read(con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed, vintage: str) -> list[Streamed]:
    """Create the view ``name`` over one extract, with the declared columns and 80 replicate weights; over a
    codebook (.xml) the view (variable, first_column, width, decimals).

    Raises InputError for a missing or damaged file or codebook, a missing column, an extract of another
    sample or a second extract of the same sample in the folder.
    """
    path = landed_file(con, name, spec, landed)
    if not path:
        return []
    if path.suffix == ".xml":
        _codebook_view(con, name, path)
        return []
    layout = codebook(codebook_path(path))
    _refuse_other_sample(path, vintage)
    _refuse_second(path, spec, vintage)
    header = _header(path) or list(layout)
    present, replicates = present_columns(path, spec, header)
    wanted = {variable: layout.get(variable) for variable in [*present.values(), *replicates]}
    if "RECTYPE" in layout:
        wanted["RECTYPE"] = layout["RECTYPE"]
    columns = f"SELECT {view_columns(spec, present, replicates)}"
    relation = _as_text(path, header, wanted)
    con.execute(f"SET VARIABLE {name}_columns = [{', '.join(literal(column) for column in present)}]")
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS {columns} FROM {relation}"
        + (" WHERE \"RECTYPE\" = 'H'" if "RECTYPE" in layout else "")
    )
    integrity = Integrity(partial(inflate.read_to_end, path)) if path.suffix == ".gz" else None
    return [Streamed(path, lambda _: relation, beside=integrity)]


def is_of_vintage(spec: RawFile, path: Path, vintage: str) -> bool:
    """Whether the extract (or the codebook) is one of the vintage's sample and has the columns that ``spec``
    needs.
    """
    try:
        if path.suffix == ".xml":
            data = [
                other
                for other in path.parent.iterdir()
                if (match := _NAME.fullmatch(other.name)) and match[1] == path.stem
            ]
            return any(is_of_vintage(spec, other, vintage) for other in data)
        present_columns(path, spec, _header(path) or list(codebook(codebook_path(path))))
        return _sample(path) == vintage
    except InputError:
        return False


def codebook_path(path: Path) -> Path:
    """The DDI of an extract: same name, .xml; of a revision its own codebook where it has one."""
    stem, _, revision = _NAME.fullmatch(path.name).groups()
    own = path.with_name(f"{stem}{revision}.xml")
    return own if own.exists() else path.with_name(f"{stem}.xml")


def codebook(path: Path) -> dict[str, tuple[int, int, int]]:
    """Variable -> first column (1-based), width, implied decimals. Raises InputError for a missing or damaged
    DDI.
    """
    if not path.exists():
        raise InputError(
            "An IPUMS extract has no codebook beside it",
            file=path,
            expected="the DDI (.xml) of the extract",
            found="nothing",
            advice="Download both from the extract's page.",
        )
    return _codebook(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _codebook(path: Path, changed: int) -> dict[str, tuple[int, int, int]]:
    from ipumspy import readers

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            described = readers.read_ipums_ddi(path).data_description
    except Exception as error:  # the parser raises a different type for each kind of damage
        raise InputError(
            "An IPUMS codebook cannot be read",
            file=path,
            expected="the DDI (.xml) of the extract",
            found=f"{type(error).__name__}: {error}",
        ) from error
    return {each.name.upper(): (each.start + 1, each.end - each.start, each.shift or 0) for each in described}


def _codebook_view(con, name: str, path: Path) -> None:
    rows = ", ".join(
        f"({literal(variable)}, {', '.join(map(str, place))})" for variable, place in codebook(path).items()
    )
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS "
        f"SELECT * FROM (VALUES {rows}) AS layout(variable, first_column, width, decimals)"
    )


def _header(path: Path) -> list[str]:
    """The column names of a CSV extract, empty for fixed width."""
    if _NAME.fullmatch(path.name)[2] == "dat":
        return []
    with text.open_bytes(path) as stream:
        return next(csv.reader([text.decode_line(stream.readline(), "utf-8", path, 1).lstrip("\ufeff")]), [])


def _sample(path: Path) -> str:
    """The vintage that the first record's SAMPLE stands for: 201801 = 2018_1-Year, 201803 = 2018_5-Year."""
    with text.open_bytes(path) as stream:
        line = text.decode_line(stream.readline(), "latin-1", path, 1)
        header = _header(path)
        if header:
            line = text.decode_line(stream.readline(), "latin-1", path, 2)
    if header:
        code = dict(zip(header, next(csv.reader([line]), []), strict=False)).get("SAMPLE", "")
    else:
        first, width, _ = codebook(codebook_path(path)).get("SAMPLE", (1, 0, 0))
        code = line[first - 1 : first - 1 + width]
    kind = _KINDS.get(int(code[4:] or 0)) if code.isdigit() else None
    return f"{code[:4]}_{kind}" if kind else f"IPUMS sample {code or 'unknown'}"


def _refuse_other_sample(path: Path, vintage: str) -> None:
    if (found := _sample(path)) != vintage:
        raise InputError(
            "An IPUMS extract is of another sample",
            file=path,
            column="SAMPLE",
            line=1,
            expected=vintage,
            found=found,
        )


def _refuse_second(path: Path, spec: RawFile, vintage: str) -> None:
    for other in sorted(path.parent.iterdir()):
        match = _NAME.fullmatch(other.name)
        mine = _NAME.fullmatch(path.name)
        if (
            match
            and match[1] != mine[1]
            and "_vacant" not in other.name
            and "_vacant" not in path.name
            and is_of_vintage(spec, other, vintage)
        ):
            raise InputError(
                "Two IPUMS extracts hold the same sample",
                file=path,
                expected="one extract per sample",
                found=other.name,
                advice="Keep one of them in the folder.",
            )


def _as_text(path: Path, header: list[str], wanted: dict[str, tuple | None]) -> str:
    """The wanted variables as text; numbers with implied decimals carry their decimal point."""
    if _NAME.fullmatch(path.name)[2] == "csv":
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
        return (
            f"read_csv({literal(path)}, auto_detect = false, hive_partitioning = false, header = true, delim = ',', "
            "quote = '\"', escape = '\"', "
            f"columns = {{{columns}}})"
        )
    lines = (
        f"read_csv({literal(path)}, auto_detect = false, hive_partitioning = false, header = false, delim = '\x01', "
        "quote = '', escape = '', "
        "columns = {'line': 'VARCHAR'})"
    )
    ordered = sorted(wanted.items(), key=lambda item: item[1][0])
    blocks, cuts = [], []
    for number in range(0, len(ordered), _BLOCK):
        group = ordered[number : number + _BLOCK]
        start = group[0][1][0]
        end = max(first + width for _, (first, width, _) in group)
        block = f"block_{number // _BLOCK}"
        blocks.append(f"substr(line, {start}, {end - start}) AS {block}")
        for variable, (first, width, decimals) in group:
            cut = f"nullif(trim(substr({block}, {first - start + 1}, {width})), '')"
            if decimals:
                cut = f"({cut}::DECIMAL(18, 0) / {10**decimals})"
            cuts.append(f"{cut} AS {quote(variable)}")
    return f"(SELECT {', '.join(cuts)} FROM (SELECT {', '.join(blocks)} FROM {lines}))"
