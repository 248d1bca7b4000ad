"""States by their codes: FIPS code, postal abbreviation and name."""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from pipeline import settings


class State(NamedTuple):
    """A state, the District of Columbia or a territory: FIPS code of two digits, postal abbreviation, name."""

    fips: str
    postal: str
    name: str


@cache
def states() -> tuple[State, ...]:
    """All of them, from the Census Bureau's list that comes with the project."""
    path = settings.BUNDLED / "census_geography" / "state.txt"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="|")
        return tuple(State(row["STATE"], row["STUSAB"], row["STATE_NAME"]) for row in rows)
