"""Raw files as DuckDB tables of text, checked against the columns the catalog declares.

Every reader gives one table: the declared columns under their own names, as text (NULL where empty or
where the catalog says the text stands for missing), and ``raw_file`` and ``raw_line``.
"""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from pipeline.catalog.models import Column, RawFile
from pipeline.errors import InputError
from pipeline.sources import columns as column_rules
from pipeline.sources import ipums_files, living_wage_pages, pums, streamed, text
from pipeline.sources.columns import literal, quote, view_columns
from pipeline.sources.streamed import Streamed

STREAMED = ("pums", "pums_parquet", "ipums")
_OWN_MODULES = {
    "living_wage_pages": [living_wage_pages],
    "pums": [streamed, pums],
    "pums_parquet": [streamed, pums],
    "ipums": [streamed, pums, ipums_files],
}


def source_files(reader: str) -> list[Path]:
    """The Python files a reader is made of: what it reads is a function of them too."""
    shared = [Path(__file__), Path(text.__file__), Path(column_rules.__file__)]
    return shared + [Path(module.__file__) for module in _OWN_MODULES.get(reader, [])]


def read(
    con: duckdb.DuckDBPyConnection, name: str, spec: RawFile, landed: list[tuple[str, Path]], vintage: str
) -> list[Streamed]:
    """Create the table ``name`` from all landed files of ``spec`` (relative path, where it lies).

    A microdata file becomes a view instead, read while the step runs; what it returns checks the output.
    Raises InputError for a damaged file, a missing column, text in a numeric column, a FIPS code that is
    not of its width, or a column that does not hold the expected constant (``expect``).
    """
    if spec.reader in STREAMED:
        return _read_streamed(con, name, spec, landed, vintage)
    declared = "".join(f", {quote(column)} VARCHAR" for column in spec.columns)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {quote(name)} (raw_file VARCHAR, raw_line BIGINT{declared})")
    for relative, path in landed:
        _READERS[spec.reader](con, name, spec, relative, path)
        _check_values(con, name, spec, relative, path, vintage)
    return []


def _read_streamed(con, name, spec, landed, vintage) -> list[Streamed]:
    if not landed:
        con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(name)} AS SELECT {view_columns(spec, {}, [])} WHERE false")
        return []
    (_, path), *_ = landed
    if not path.exists():
        raise InputError("A raw file is missing", file=path, expected="the landed file", found="nothing")
    if spec.reader == "ipums":
        return ipums_files.read(con, name, spec, path, vintage)
    return [(pums.read if spec.reader == "pums" else pums.read_parquet)(con, name, spec, path)]


def _read_csv(con, name, spec, relative, path):
    if not spec.many_members:
        return _read_one_csv(con, name, spec, relative, path, spec.member)
    for member in text.members(path, spec.member):
        _read_one_csv(con, name, spec, relative, path, member.replace("[", "[[]"))


def _read_one_csv(con, name, spec, relative, path, member):
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "raw.csv"
        header = text.write_utf8(path, plain, spec.encoding, member, spec.label_rows)
        found = next(csv.reader([header]), [])
        if plain.stat().st_size == len(header.encode()):
            raise InputError(
                "A raw file has a header but no rows", file=path, expected="at least one row", found="none"
            )
        columns = "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in found) + "}"
        relation = (
            f"read_csv({literal(plain)}, auto_detect = false, header = true, delim = ',', quote = '\"', "
            f"escape = '\"', columns = {columns}, max_line_size = 4000000)"
        )
        _check_columns(spec, path, found)
        try:
            _insert(con, name, spec, relative, relation, found, 1 + spec.label_rows)
        except duckdb.InvalidInputException as error:
            raise _line_error(path, error) from error


def _line_error(path: Path, error: Exception) -> InputError:
    lines = [line.strip() for line in str(error).splitlines()]
    number = next((line.split(":")[-1].strip() for line in lines if "CSV Error on Line" in line), None)
    found = next(
        (line for line in lines if line.startswith(("Expected Number", "Value with", "Original Line"))), lines[0]
    )
    return InputError(
        "A line of a raw file cannot be read",
        file=path,
        line=number,
        found=found,
        expected="as many fields as the header has, quoted where they hold a comma",
    )


def _read_frame(con, name, spec, relative, path, frame: pd.DataFrame, first_line: int):
    _check_columns(spec, path, list(frame.columns))
    frame = frame.astype("string")
    con.register("raw_frame", frame)
    _insert(con, name, spec, relative, "raw_frame", list(frame.columns), first_line)
    con.unregister("raw_frame")


def _read_excel(con, name, spec, relative, path):
    try:
        frame = pd.read_excel(path, dtype=str)
    except Exception as error:  # openpyxl raises a different type for each kind of damage
        raise InputError(
            "A workbook cannot be read",
            file=path,
            expected="an Excel workbook",
            found=f"{type(error).__name__}: {error}",
        ) from error
    _read_frame(con, name, spec, relative, path, frame, 1)


def _read_json_pages(con, name, spec, relative, path):
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
    _read_frame(con, name, spec, relative, path, pd.DataFrame(records["results"], dtype=object).map(_json_text), 0)


def _json_text(value):
    return None if value is None else str(value)


def _read_living_wage_pages(con, name, spec, relative, path):
    _read_frame(con, name, spec, relative, path, pd.DataFrame(living_wage_pages.read_page(path)), 0)


_READERS = {
    "csv": _read_csv,
    "excel": _read_excel,
    "json_pages": _read_json_pages,
    "living_wage_pages": _read_living_wage_pages,
}


def _insert(con, name, spec, relative, relation, found, first_line):
    present = {column.lower(): column for column in found}
    chosen = ", ".join(_expression(column, declared, present) for column, declared in spec.columns.items())
    con.execute(
        f"INSERT INTO {quote(name)} SELECT {literal(relative)}, row_number() OVER () + {first_line}, "
        f"{chosen} FROM {relation}"
    )


def _found_as(column: str, declared: Column, present: dict) -> str | None:
    """The column's name in the file (names are compared without case), None where it is absent."""
    return next((present[name.lower()] for name in (column, *declared.also) if name.lower() in present), None)


def _expression(column: str, declared: Column, present: dict) -> str:
    found = _found_as(column, declared, present)
    if found is None:
        return "NULL"
    value = quote(found)
    if declared.type != "text":
        value = f"trim({value})"
    for missing in ["", *declared.null]:
        value = f"nullif({value}, {literal(missing)})"
    return f"lpad({value}, {declared.width}, '0')" if declared.pad else value


def _check_columns(spec: RawFile, path: Path, found: list[str]) -> None:
    present = {column.lower(): column for column in found}
    missing = [
        column
        for column, declared in spec.columns.items()
        if not declared.optional and _found_as(column, declared, present) is None
    ]
    if missing:
        raise InputError(
            "A raw file lacks a column",
            file=path,
            column=", ".join(missing),
            expected=", ".join(spec.columns),
            found=", ".join(found)[:400],
            advice="If the publisher renamed it, change the source's catalog entry.",
        )


_TESTS = {
    "integer": ("TRY_CAST({0} AS BIGINT) IS NULL", "a whole number"),
    "number": ("TRY_CAST({0} AS DOUBLE) IS NULL", "a number"),
    "fips": ("NOT regexp_full_match({0}, '[0-9]{{{1}}}')", "a code of {1} digits with its leading zeros"),
}


def _check_values(con, name, spec, relative, path, vintage):
    for column, declared in spec.columns.items():
        tests = []
        if declared.type in _TESTS:
            wrong, expected = _TESTS[declared.type]
            tests.append((wrong.format(quote(column), declared.width), expected.format(column, declared.width)))
        if declared.expect:
            value = declared.expect.format(vintage=vintage, next_year=_next_year(vintage))
            tests.append((f"{quote(column)} <> {literal(value)}", value))
        for wrong, expected in tests:
            row = con.execute(
                f"SELECT raw_line, {quote(column)} FROM {quote(name)} WHERE raw_file = {literal(relative)} "
                f"AND {quote(column)} IS NOT NULL AND ({wrong}) LIMIT 1"
            ).fetchone()
            if row:
                raise InputError(
                    "A raw file holds an unexpected value",
                    file=path,
                    column=column,
                    line=row[0],
                    expected=expected,
                    found=repr(row[1]),
                )


def _next_year(vintage: str) -> str:
    return str(int(vintage[:4]) + 1) if vintage[:4].isdigit() else ""
