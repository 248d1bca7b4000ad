"""Tables of examples by hand: a row says what matters to its example, the rest stands in the defaults."""

from __future__ import annotations

import csv

import pytest

from pipeline import settings
from pipeline.errors import UsageError

PLACES = "year SMALLINT, geoid VARCHAR, state VARCHAR, place_name VARCHAR"
SPELLING = "list VARCHAR, state VARCHAR, census_name VARCHAR, name VARCHAR"
CITY_NAMES = "list VARCHAR, year SMALLINT, geoid VARCHAR, state VARCHAR, name VARCHAR"


def city_names(run_sql, places: list[tuple]) -> tuple[str, list[tuple]]:
    """The table ``place_city_name`` of places by hand, with the spellings that come with the project."""
    path = settings.BUNDLED / "urban_place_spelling/place_spelling.csv"
    with path.open(encoding="utf-8") as lines:
        spelling = [
            (row["list"], row["state"] or None, row["census_name"], row["name"]) for row in csv.DictReader(lines)
        ]
    tables = {"place_universe": (PLACES, places), "place_spelling": (SPELLING, spelling)}
    return CITY_NAMES, [tuple(row.values()) for row in run_sql("geography/place_city_name.sql", tables=tables)]


def table(types: str, defaults: dict, rows: list[dict]) -> tuple[str, list[tuple]]:
    """Column list and rows of a table for ``run_sql``.

    ``types`` is the column list of a CREATE TABLE; ``defaults`` has a value for each column, which a row may replace.
    A column ``serialno`` numbers the rows, beginning with 1, where neither gives one.
    """
    names = [column.split()[0] for column in types.split(", ")]
    complete = [{"serialno": str(number), **defaults, **row} for number, row in enumerate(rows, start=1)]
    unknown = {name for row in complete for name in row} - {*names, "serialno"}
    assert not unknown, f"no such column: {sorted(unknown)}"
    return types, [tuple(row[name] for name in names) for row in complete]


def refusal(run, *arguments, **values) -> list[str]:
    """Column, what was found and what was expected, where the staging refuses a record."""
    with pytest.raises(UsageError) as caught:
        run(*arguments, **values)
    return str(caught.value).split("refused|")[1].rstrip(". ").split("|")


def text(*names: str) -> str:
    """Column list of a raw file: every column is text, some with names that need quotes."""
    return ", ".join(f'"{name}" VARCHAR' for name in names)
