"""Tables of examples by hand: a row says what matters to its example, the rest stands in the defaults."""

from __future__ import annotations


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
