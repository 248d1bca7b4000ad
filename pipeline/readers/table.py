"""Raw files of moderate size as DuckDB tables of text, checked against the columns the catalog declares.

The table has the declared columns under their own names, as text (NULL where empty or where the catalog says the text
stands for missing), and ``raw_file`` and ``raw_line``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.catalog.models import Column, RawFile, fill
from pipeline.errors import InputError
from pipeline.quoting import literal, quote

if TYPE_CHECKING:
    import pandas as pd


def create(
    con: duckdb.DuckDBPyConnection,
    name: str,
    spec: RawFile,
    landed: list[tuple[str, Path]],
    vintage: str,
    read_file: Callable,
) -> list:
    """Create the table ``name``, let ``read_file(con, name, spec, relative, path)`` insert the rows of each landed file,
    and check their values. Returns an empty list: nothing is left to check later.
    """
    declared = "".join(f", {quote(column)} VARCHAR" for column in spec.columns)
    spec = spec.model_copy(update={"year_in_name": spec.year_in_name and fill(spec.year_in_name, vintage)})
    con.execute(f"CREATE OR REPLACE TEMP TABLE {quote(name)} (raw_file VARCHAR, raw_line BIGINT{declared})")
    for relative, path in landed:
        read_file(con, name, spec, relative, path)
        _check_values(con, name, spec, relative, path, vintage)
    return []


def insert_frame(con, name: str, spec: RawFile, relative: str, path: Path, frame: pd.DataFrame, first_line: int):
    """Insert the rows of ``frame``; the first is line ``first_line`` + 1 of the file."""
    check_columns(spec, path, list(frame.columns))
    frame = frame.astype("string")
    con.register("raw_frame", frame)
    insert(con, name, spec, relative, "raw_frame", list(frame.columns), first_line)
    con.unregister("raw_frame")


def insert(con, name: str, spec: RawFile, relative: str, relation: str, found: list[str], first_line: int):
    """Insert the declared columns of ``relation``, which has the columns ``found``, in its order of rows."""
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


def check_columns(spec: RawFile, path: Path, found: list[str]) -> None:
    """Raise InputError where a declared column is not among ``found``, or a column's name says another year."""
    if spec.year_in_name:
        alike = re.compile(re.sub(r"\d{4}", r"\\d{4}", spec.year_in_name), re.IGNORECASE)
        years = [name for name in found if alike.fullmatch(name)]
        if years and spec.year_in_name.lower() not in [name.lower() for name in years]:
            raise InputError(
                "A raw file is of another year",
                file=path,
                column=years[0],
                expected=spec.year_in_name,
                found=years[0],
                advice="Put the file of the year in its place.",
            )
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
    # DuckDB casts 72.6 to 73, which may be a percentage where a number of people is expected.
    "integer": ("coalesce(TRY_CAST({0} AS BIGINT) <> TRY_CAST({0} AS DOUBLE), true)", "a whole number"),
    "number": ("TRY_CAST({0} AS DOUBLE) IS NULL", "a number"),
    "fips": ("NOT regexp_full_match({0}, '[0-9]{{{1}}}')", "a code of {1} digits with its leading zeros"),
}


def _check_values(con, name, spec, relative, path, vintage):
    for column, declared in spec.columns.items():
        tests = []
        if declared.type in _TESTS:
            wrong, expected = _TESTS[declared.type]
            tests.append((wrong.format(quote(column), declared.width), expected.format(column, declared.width)))
        if declared.between:
            low, high = declared.between
            tests.append((f"TRY_CAST({quote(column)} AS DOUBLE) NOT BETWEEN {low} AND {high}", f"{low:g} to {high:g}"))
        if declared.values:
            known = ", ".join(map(literal, declared.values))
            tests.append((f"{quote(column)} NOT IN ({known})", f"one of {', '.join(declared.values)}"))
        if declared.expect:
            value = declared.expect.format(vintage=vintage, year=vintage[:4], next_year=_next_year(vintage))
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
