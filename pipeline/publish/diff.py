"""Differences between two releases, or two folders of files of the published layout (plain or .gz)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.quoting import literal, quote

KEYS = ("year", "state", "county", "place", "subgroup", "subgroup_type")


def published_files(folder: Path) -> dict[str, Path]:
    """Stem -> file of a folder's CSV files, plain or gzipped. InputError where there are none."""
    found = {
        path.name.removesuffix(".gz").removesuffix(".csv"): path
        for path in sorted(folder.glob("*.csv*"))
        if path.name.endswith((".csv", ".csv.gz"))
    }
    if not found:
        raise InputError("No published files to compare", file=folder, expected="*.csv or *.csv.gz", found="none")
    return found


def compare(old: Path, new: Path) -> dict:
    """Per file, column and year: rows added and removed, values changed, NULLs and quality flags.

    Returns ``{"different": bool, "only_old": [...], "only_new": [...], "files": {stem: {...}}}``.
    """
    old_files, new_files = published_files(old), published_files(new)
    report = {
        "only_old": sorted(old_files.keys() - new_files.keys()),
        "only_new": sorted(new_files.keys() - old_files.keys()),
        "files": {},
    }
    for stem in sorted(old_files.keys() & new_files.keys()):
        with duckdb.connect() as con:
            report["files"][stem] = _compare_file(con, old_files[stem], new_files[stem])
    changed = [
        each
        for each in report["files"].values()
        if each["years"]
        or each["columns_removed"]
        or each["columns_added"]
        or each["rows_added"]
        or each["rows_removed"]
    ]
    report["different"] = bool(changed or report["only_old"] or report["only_new"])
    return report


def _compare_file(con, old: Path, new: Path) -> dict:
    columns = {}
    for name, path in (("old_rows", old), ("new_rows", new)):
        con.execute(
            f"CREATE TEMP TABLE {name} AS FROM read_csv({literal(path)}, header = true, all_varchar = true, nullstr = 'NA')"
        )
        columns[name] = [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()]
    keys = [key for key in KEYS if key in columns["old_rows"][:9] and key in columns["new_rows"][:9]]
    joined = " AND ".join(f"o.{quote(key)} IS NOT DISTINCT FROM n.{quote(key)}" for key in keys)
    con.execute(
        f"CREATE TEMP TABLE both_rows AS SELECT o, n, o.year AS old_year, n.year AS new_year "
        f"FROM old_rows AS o FULL JOIN new_rows AS n ON {joined}"
    )
    common = [column for column in columns["old_rows"] if column in columns["new_rows"] and column not in KEYS]
    added, removed = con.execute(
        "SELECT count(*) FILTER (WHERE old_year IS NULL), count(*) FILTER (WHERE new_year IS NULL) FROM both_rows"
    ).fetchone()
    result = {
        "rows_added": added,
        "rows_removed": removed,
        "columns_added": [each for each in columns["new_rows"] if each not in columns["old_rows"]],
        "columns_removed": [each for each in columns["old_rows"] if each not in columns["new_rows"]],
        "years": [],
    }
    for column in common:
        result["years"] += _compare_column(con, column, keys)
    return result


def _compare_column(con, column: str, keys: list[str]) -> list[dict]:
    old, new = f"o.{quote(column)}", f"n.{quote(column)}"
    different = (
        f"{old} IS DISTINCT FROM {new} AND NOT coalesce(TRY_CAST({old} AS DOUBLE) = TRY_CAST({new} AS DOUBLE), false)"
    )
    where = " || ' ' || ".join(f"coalesce(o.{quote(key)}, '')" for key in keys)
    rows = con.execute(f"""
        SELECT old_year, count(*) FILTER (WHERE {old} IS NOT NULL AND {new} IS NOT NULL),
               count(*) FILTER (WHERE {old} IS NULL), count(*) FILTER (WHERE {new} IS NULL),
               max_by(struct_pack(geography := {where}, old := {old}, new := {new}),
                      coalesce(abs(TRY_CAST({old} AS DOUBLE) - TRY_CAST({new} AS DOUBLE)), 0))
        FROM both_rows
        WHERE old_year IS NOT NULL AND new_year IS NOT NULL AND {different}
        GROUP BY old_year ORDER BY old_year""").fetchall()
    kind = "quality" if column.endswith("_quality") else "value"
    return [
        {
            "column": column,
            "kind": kind,
            "year": year,
            "changed": changed,
            "gained": gained,
            "lost": lost,
            "largest": largest,
        }
        for year, changed, gained, lost, largest in rows
    ]


def as_markdown(report: dict, old: str, new: str) -> str:
    """The report as the CHANGES.md of a release."""
    lines = [f"# Changes from {old} to {new}", ""]
    lines += [f"- file removed: {stem}" for stem in report["only_old"]]
    lines += [f"- file added: {stem}" for stem in report["only_new"]]
    if not report["different"]:
        lines.append("No differences.")
    for stem, each in report["files"].items():
        if not (
            each["years"]
            or each["rows_added"]
            or each["rows_removed"]
            or each["columns_added"]
            or each["columns_removed"]
        ):
            continue
        lines += [
            "",
            f"## {stem}",
            "",
            f"Rows added {each['rows_added']}, removed {each['rows_removed']}. "
            f"Columns added: {', '.join(each['columns_added']) or 'none'}; removed: {', '.join(each['columns_removed']) or 'none'}.",
        ]
        if each["years"]:
            lines += [
                "",
                "| column | year | changed | NULL to value | value to NULL | largest change |",
                "|---|---|---|---|---|---|",
            ]
            lines += [
                f"| {row['column']} | {row['year']} | {row['changed']} | {row['gained']} | {row['lost']} | "
                f"{row['largest']['geography']}: {row['largest']['old']} to {row['largest']['new']} |"
                for row in each["years"]
            ]
    return "\n".join(lines) + "\n"
