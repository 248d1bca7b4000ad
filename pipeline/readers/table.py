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


def names_found(spec: RawFile, found: list[str]) -> list[str]:
    """Those of the names ``found`` that stand for a declared column, in their order."""
    present = {column.lower(): column for column in found}
    chosen = {_found_as(column, declared, present) for column, declared in spec.columns.items()}
    return [name for name in found if name in chosen]


def _found_as(column: str, declared: Column, present: dict) -> str | None:
    """The column's name in the file, None where it is absent. Names are compared without case, and where none is the same
    so, by their letters and digits alone: "Total Cancer Risk (per million)" is total_cancer_risk_per_million.
    """
    names = (column, *declared.also)
    if found := next((present[name.lower()] for name in names if name.lower() in present), None):
        return found
    plain = {_plain(name): found for name, found in present.items()}
    return next((plain[_plain(name)] for name in names if _plain(name) in plain), None)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")


def _expression(column: str, declared: Column, present: dict) -> str:
    found = _found_as(column, declared, present)
    if found is None:
        return "NULL"
    value = quote(found)
    if declared.type != "text":
        value = f"trim({value})"
    if declared.strip:
        value = f"trim({value}, {literal(declared.strip)})"
    # One CASE: nested calls of nullif double the expression with each of them.
    cases = [(None, ["", *declared.null])]
    cases += [
        (each, [text for text in declared.replace if declared.replace[text] == each])
        for each in dict.fromkeys(declared.replace.values())
    ]
    whens = "".join(
        f" WHEN {value} IN ({', '.join(map(literal, texts))}) THEN {'NULL' if meaning is None else literal(meaning)}"
        for meaning, texts in cases
    )
    value = f"CASE{whens} ELSE {value} END"
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
    tests = [test for column, declared in spec.columns.items() for test in _tests(column, declared, vintage)]
    wrong = " OR ".join(f"({quote(column)} IS NOT NULL AND ({test}))" for column, test, _ in tests)
    of_file = f"FROM {quote(name)} WHERE raw_file = {literal(relative)}"
    # One pass over the file; only where something is wrong is it looked for column by column.
    if not tests or not con.execute(f"SELECT 1 {of_file} AND ({wrong}) LIMIT 1").fetchone():
        return
    for column, test, expected in tests:
        row = con.execute(
            f"SELECT raw_line, {quote(column)} {of_file} AND {quote(column)} IS NOT NULL AND ({test}) LIMIT 1"
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


def _tests(column: str, declared: Column, vintage: str) -> list[tuple[str, str, str]]:
    """Column, what is wrong with a value that is there (SQL), and what is expected."""
    tests, number = [], f"TRY_CAST({quote(column)} AS DOUBLE)"
    if declared.type in _TESTS:
        wrong, expected = _TESTS[declared.type]
        tests.append((column, wrong.format(quote(column), declared.width), expected.format(column, declared.width)))
    low, high = declared.between or (None, None)
    if low is not None and high is not None:
        tests.append((column, f"{number} NOT BETWEEN {low} AND {high}", f"{low:g} to {high:g}"))
    elif low is not None:
        tests.append((column, f"{number} < {low}", f"at least {low:g}"))
    elif high is not None:
        tests.append((column, f"{number} > {high}", f"at most {high:g}"))
    if declared.values:
        known = ", ".join(map(literal, declared.values))
        tests.append((column, f"{quote(column)} NOT IN ({known})", f"one of {', '.join(declared.values)}"))
    if declared.expect:
        value = declared.expect.format(vintage=vintage, year=vintage[:4], next_year=_next_year(vintage))
        tests.append((column, f"{quote(column)} <> {literal(value)}", value))
    return tests


def _next_year(vintage: str) -> str:
    return str(int(vintage[:4]) + 1) if vintage[:4].isdigit() else ""
