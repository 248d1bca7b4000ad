"""Saved county pages of the MIT Living Wage Calculator (one HTML file per county, named by its FIPS)."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from pipeline.errors import InputError
from pipeline.readers import table

ADULTS = ("1 Adult", "2 Adults (1 Working)", "2 Adults (Both Working)")


class _FirstTable(HTMLParser):
    """Collects the cell texts of the first table, row by row."""

    def __init__(self):
        super().__init__()
        self.rows: list[list[str]] = []
        self._depth = self._finished = 0
        self._cell: list[str] | None = None

    def handle_starttag(self, tag, attrs):
        if tag == "table" and not self._finished:
            self._depth += 1
        elif self._depth and tag == "tr":
            self.rows.append([])
        elif self._depth and tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag):
        if tag == "table" and self._depth:
            self._depth, self._finished = 0, 1
        elif tag in ("td", "th") and self._cell is not None and self.rows:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed pages (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    table.insert_frame(con, name, spec, relative, path, pd.DataFrame(read_page(path)), 0)


def read_page(path: Path) -> list[dict]:
    """The 12 living wages of one county page: state, county, adults, children, wage (text, dollars per hour).

    The row is found by its text "Living Wage", the columns by their order: 1 adult, 2 adults of whom one
    works, 2 working adults, each with 0 to 3 children (card living-wage, section 2.2).
    """
    parser = _FirstTable()
    parser.feed(path.read_bytes().decode("utf-8", errors="replace"))
    rows = [row[1:] for row in parser.rows if row and row[0].lower() == "living wage"]
    fips = path.stem
    if len(rows) != 1 or len(rows[0]) != 12 or not (fips.isdigit() and len(fips) == 5):
        raise InputError(
            "A saved living wage page does not have the expected table",
            file=path,
            expected="a file named by its 5-digit FIPS, one row 'Living Wage' with 12 amounts",
            found=f"{len(rows)} such rows with {[len(row) for row in rows]} amounts",
        )
    return [
        {
            "state": fips[:2],
            "county": fips[2:],
            "adults": ADULTS[index // 4],
            "children": f"{index % 4} {'Child' if index % 4 == 1 else 'Children'}",
            "wage": amount.lstrip("$"),
        }
        for index, amount in enumerate(rows[0])
    ]
