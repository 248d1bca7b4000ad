"""Cells of a metric table beside those of a published file, one row per area, measure and subgroup."""

from __future__ import annotations

import duckdb


def compared(
    table: str, theirs: str, year: int, states: tuple, measures, geography: str = "county", by_subgroup=False
) -> dict[str, dict]:
    """Per measure: cells in both, in theirs alone, NULLs that differ, largest difference, qualities that differ.

    ``table`` and ``theirs`` are relations; ``states`` are the states whose input is at hand.
    """
    label = "subgroup" if by_subgroup else "'All'"
    found = {}
    for measure in measures:
        row = duckdb.sql(f"""
            SELECT count(o.geoid), count(*) FILTER (o.geoid IS NULL), count(p.value),
                   count(*) FILTER ((p.value IS NULL) <> (o.value IS NULL)), max(abs(p.value - o.value)),
                   count(*) FILTER (p.quality IS DISTINCT FROM o.quality)
            FROM (SELECT state || {geography} AS geoid, {label} AS subgroup, {measure}::DOUBLE AS value,
                         {measure}_quality::INT AS quality
                  FROM {theirs} WHERE year = '{year}' AND list_contains({list(states)}, state)) AS p
            LEFT JOIN (FROM {table} WHERE measure = '{measure}') AS o USING (geoid, subgroup)""").fetchone()
        names = ("cells", "lacking", "values", "nulls_differ", "difference", "qualities_differ")
        found[measure] = dict(zip(names, row, strict=True))
    return found
