"""Delimited text: plain, gzip, or the members of a zip."""

from __future__ import annotations

import contextlib
import csv
import tempfile
from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import table, text


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed files (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    if not spec.many_members:
        return _read_one(con, name, spec, relative, path, spec.member)
    for member in text.members(path, spec.member):
        _read_one(con, name, spec, relative, path, member.replace("[", "[[]"))


def _read_one(con, name, spec, relative, path, member):
    with as_relation(spec, path, member) as (relation, found):
        table.check_columns(spec, path, found)
        insert(con, name, spec, relative, path, relation, found)


@contextlib.contextmanager
def as_relation(spec, path, member=None):
    """The SQL of a relation with the file's columns as text, and their names; a column without a name gets a number."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "raw.csv"
        # Some files have line ends of two kinds, which DuckDB does not read.
        header, open_quote = text.write_utf8(path, plain, spec.encoding, member, spec.label_rows, line_feeds=True)
        names = next(csv.reader([header], delimiter=spec.delimiter), [])
        # A header that ends with a delimiter has a column without a name.
        found = [name or f"column {number}" for number, name in enumerate(names, start=1)]
        if plain.stat().st_size == len(header.encode()):
            raise InputError(
                "A raw file has a header but no rows", file=path, expected="at least one row", found="none"
            )
        columns = "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in found) + "}"
        relation = (
            f"read_csv({literal(plain)}, auto_detect = false, hive_partitioning = false, header = true, delim = {literal(spec.delimiter)}, "
            f"quote = '\"', escape = '\"', columns = {columns}, max_line_size = 4000000)"
        )
        if open_quote:
            _refuse_swallowed(path, relation, found, spec.delimiter)
        yield relation, found


def _refuse_swallowed(path: Path, relation: str, found: list[str], delimiter: str) -> None:
    """Raise InputError where a value goes on over the lines and has as many delimiters as a line: a quote too much, or one
    too few, makes whole records a part of it. Values that have a line end of their own are taken.
    """
    values = ", ".join(map(quote, found))
    swallowed = (
        f"SELECT value FROM (SELECT unnest([{values}]) AS value FROM {relation}) WHERE contains(value, chr(10)) "
        f"AND length(value) - length(replace(value, {literal(delimiter)}, '')) >= {len(found) - 1} LIMIT 1"
    )
    with duckdb.connect() as con:
        try:
            row = con.execute(swallowed).fetchone()
        except duckdb.InvalidInputException as error:
            raise _line_error(path, error) from error
    if row:
        raise InputError(
            "A value of a raw file holds whole lines",
            file=path,
            expected="each quote with its other one",
            found=repr(row[0][:80]),
        )


def insert(con, name, spec, relative, path, relation, found):
    """Insert the rows of a relation over the file. Raises InputError for a line that cannot be read."""
    try:
        table.insert(con, name, spec, relative, relation, found, 1 + spec.label_rows)
    except duckdb.InvalidInputException as error:
        raise _line_error(path, error) from error


def _line_error(path: Path, error: Exception) -> InputError:
    lines = [line.strip() for line in str(error).splitlines()]
    number = next((line.split(":")[-1].strip() for line in lines if "CSV Error on Line" in line), None)
    found = next((line for line in lines if line.startswith(("Expected Number", "Value with"))), None)
    if not found:
        at = next((at for at, line in enumerate(lines) if line.startswith("Original Line")), None)
        found = lines[0] if at is None else " ".join(lines[at : at + 2])[:200]
    return InputError(
        "A line of a raw file cannot be read",
        file=path,
        line=number,
        found=found,
        expected="as many fields as the header has, quoted where they hold the delimiter",
    )
