"""Differences between two releases, or two folders of files of the published layout (plain or .gz)."""

from __future__ import annotations

import itertools
import re
import tempfile
from pathlib import Path

import duckdb

from pipeline.errors import InputError
from pipeline.publish.ranges import ranges
from pipeline.quoting import literal, quote
from pipeline.readers import text

KEYS = ("year", "state", "county", "place", "subgroup", "subgroup_type")
# What is set after a published file's name: __partial, __2024-04-22, _2025-01-27, and the _0 of a file replaced online.
SUFFIX = re.compile(r"(__[\w.-]+|_\d{4}-\d{2}-\d{2}|_\d)$")
# Two doubles that are this close, relative to their size, differ in the last digits that a file prints (card
# publication-files, section 12: 8e-15 at most between two runs of the published pipeline).
LAST_DIGIT = 1e-13
# Numbers are compared as numbers, whatever their spelling (0.50, 5e-1), and so is each share of a pair (0.190:0.272).
MACROS = """
CREATE MACRO numbers(printed) AS list_transform(string_split(printed, ':'), part -> TRY_CAST(part AS DOUBLE));
CREATE MACRO same(o, n) AS
    CASE WHEN o IS NULL OR n IS NULL THEN o IS NULL AND n IS NULL
         WHEN o = n THEN true
         ELSE len(list_filter(numbers(o), number -> number IS NULL)) = 0 AND numbers(o) = numbers(n) END;
CREATE MACRO last_digit(o, n) AS
    coalesce(abs(TRY_CAST(o AS DOUBLE) - TRY_CAST(n AS DOUBLE)) <= {last_digit} * abs(TRY_CAST(o AS DOUBLE)), false);
""".replace("{last_digit}", repr(LAST_DIGIT))


def published_files(folder: Path) -> dict[str, Path]:
    """Stem -> file of a folder's CSV files, plain or gzipped. InputError where there are none, or two of one name."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.csv*")):
        if path.name.endswith((".csv", ".csv.gz")):
            stem = stem_of(path.name)
            if stem in found:
                raise InputError("Two files of one name, plain and packed", file=path, advice="Leave one of them.")
            found[stem] = path
    if not found:
        raise InputError("No published files to compare", file=folder, expected="*.csv or *.csv.gz", found="none")
    return found


def core(stem: str) -> str:
    """A file's stem without what is set after its name."""
    shorter = SUFFIX.sub("", stem)
    return stem if shorter == stem else core(shorter)


def pairs(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Which stems are compared: those that are equal, and of the others all that are equal without their suffixes."""
    equal = set(old) & set(new)
    others = [(one, other) for one, other in itertools.product(old, new) if {one, other}.isdisjoint(equal)]
    return sorted(
        [*((stem, stem) for stem in equal), *((one, other) for one, other in others if core(one) == core(other))]
    )


def compare(old: Path, new: Path) -> dict:
    """Per file, column and year: rows added and removed, values changed, NULLs and quality flags.

    Returns ``{"different": bool, "only_old": [...], "only_new": [...], "files": {stem: {...}}}``; a file has the names of
    both sides and is found under the longer one. A column of a year without any value on one side is in ``absent``, not
    in ``years``.
    """
    old_files, new_files = published_files(old), published_files(new)
    paired = pairs(list(old_files), list(new_files))
    report = {
        "only_old": sorted(old_files.keys() - {one for one, _ in paired}),
        "only_new": sorted(new_files.keys() - {other for _, other in paired}),
        "files": {},
    }
    for one, other in paired:
        with duckdb.connect() as con:
            con.execute(MACROS)
            names = {"old": old_files[one].name, "new": new_files[other].name}
            report["files"][max(one, other, key=len)] = names | _compare_file(con, old_files[one], new_files[other])
    changed = [each for each in report["files"].values() if _differs(each)]
    report["different"] = bool(changed or report["only_old"] or report["only_new"])
    return report


def _differs(file: dict) -> bool:
    found = ("years", "absent", "last_digit", "columns_removed", "columns_added", "rows_added", "rows_removed")
    return any(file[name] for name in found)


def _compare_file(con, old: Path, new: Path) -> dict:
    columns = {"old": _read(con, "old_rows", old), "new": _read(con, "new_rows", new)}
    result = {
        "rows_added": 0,
        "rows_removed": 0,
        "columns_added": [each for each in columns["new"] if each not in columns["old"]],
        "columns_removed": [each for each in columns["old"] if each not in columns["new"]],
        "years_added": {},
        "years_removed": {},
        "absent": [],
        "last_digit": {},
        "years": [],
        "note": None,
    }
    keys = [key for key in KEYS if key in columns["old"][:9] and key in columns["new"][:9]]
    common = [column for column in columns["old"] if column in columns["new"]]
    if reason := _without_key(con, keys):
        listed = ", ".join(map(quote, common))
        for name, one, other in (("rows_removed", "old", "new"), ("rows_added", "new", "old")):
            rows = f"SELECT {listed} FROM {one}_rows EXCEPT ALL SELECT {listed} FROM {other}_rows"
            result[name] = con.execute(f"SELECT count(*) FROM ({rows})").fetchone()[0]
        return result | {"note": f"{reason}: rows are compared whole"}
    joined = " AND ".join(f"o.{quote(key)} IS NOT DISTINCT FROM n.{quote(key)}" for key in keys)
    con.execute(
        f"CREATE TEMP TABLE both_rows AS SELECT o, n, o.year AS old_year, n.year AS new_year "
        f"FROM old_rows AS o FULL JOIN new_rows AS n ON {joined}"
    )
    for name, here, there in (("removed", "old", "new"), ("added", "new", "old")):
        only = f"{there}_year IS NULL"
        result[f"rows_{name}"] = con.execute(f"SELECT count(*) FROM both_rows WHERE {only}").fetchone()[0]
        result[f"years_{name}"] = dict(
            con.execute(
                f"SELECT {here}_year, count(*) FROM both_rows WHERE {only} AND {here}_year NOT IN "
                f"(SELECT year FROM {there}_rows) GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
    for column in _printed_otherwise(con, [column for column in common if column not in KEYS]):
        _compare_column(con, column, keys, result)
    return result


def _read(con, name: str, path: Path) -> list[str]:
    """Make a published file the table ``name``, all as text; its columns. Files of some editions mix UTF-8 and Latin-1."""

    def create(source: Path) -> None:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS FROM read_csv({literal(source)}, header = true, all_varchar = true, "
            "delim = ',', quote = '\"', escape = '\"', nullstr = ['NA', ''], hive_partitioning = false)"
        )

    try:
        create(path)
    except duckdb.Error:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain.csv"
            text.write_utf8(path, plain, "mixed")
            try:
                create(plain)
            except duckdb.Error as error:
                raise InputError(
                    "A file cannot be read as CSV", file=path, found=" ".join(str(error).split())[:300]
                ) from error
    return [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()]


def _without_key(con, keys: list[str]) -> str | None:
    """Why the rows of the two files cannot be told apart by year, area and subgroup; None where they can."""
    if "year" not in keys:
        return "no year"
    listed = ", ".join(map(quote, keys))
    for side in ("old", "new"):
        rows, distinct = con.execute(
            f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {listed} FROM {side}_rows)) FROM {side}_rows"
        ).fetchone()
        if rows != distinct:
            return f"several rows of one {', '.join(keys)} in the {side} file"
    return None


def _printed_otherwise(con, columns: list[str]) -> list[str]:
    """The columns with any text that differs: most have none, and comparing numbers takes its time."""
    if not columns:
        return []
    tests = ", ".join(f"bool_or(o.{quote(column)} IS DISTINCT FROM n.{quote(column)})" for column in columns)
    found = con.execute(f"SELECT {tests} FROM both_rows WHERE old_year IS NOT NULL AND new_year IS NOT NULL").fetchone()
    return [column for column, differs in zip(columns, found, strict=True) if differs]


def _compare_column(con, column: str, keys: list[str], result: dict) -> None:
    """Add what differs in a column: by year, or as absent where one side has no value in the year."""
    old, new = f"o.{quote(column)}", f"n.{quote(column)}"
    where = " || ' ' || ".join(f"coalesce(o.{quote(key)}, '')" for key in keys)
    rows = con.execute(f"""
        WITH compared AS (
            SELECT old_year AS year, o, n, {old} AS old, {new} AS new, same({old}, {new}) AS same,
                   NOT same({old}, {new}) AND last_digit({old}, {new}) AS last_digit
            FROM both_rows
            WHERE old_year IS NOT NULL AND new_year IS NOT NULL
        )
        SELECT year, count(old), count(new), count(*) FILTER (last_digit),
               count(*) FILTER (NOT same AND NOT last_digit AND old IS NOT NULL AND new IS NOT NULL),
               count(*) FILTER (old IS NULL AND new IS NOT NULL), count(*) FILTER (old IS NOT NULL AND new IS NULL),
               max_by(struct_pack(geography := {where}, old := old, new := new),
                      coalesce(abs(TRY_CAST(old AS DOUBLE) - TRY_CAST(new AS DOUBLE)), 0))
                   FILTER (NOT same AND NOT last_digit)
        FROM compared
        GROUP BY year HAVING NOT bool_and(same) ORDER BY year""").fetchall()
    for year, old_values, new_values, last_digit, changed, gained, lost, largest in rows:
        if last_digit:
            result["last_digit"].setdefault(column, {})[year] = last_digit
        if not old_values or not new_values:
            side = "new" if old_values else "old"
            values = old_values or new_values
            result["absent"].append({"side": side, "column": column, "year": year, "values": values})
        elif largest:
            kind = "quality" if column.endswith("_quality") else "value"
            counts = {"changed": changed, "gained": gained, "lost": lost}
            result["years"].append({"column": column, "kind": kind, "year": year, **counts, "largest": largest})


# -- in words -------------------------------------------------------------------------------------------


def as_markdown(report: dict, old: str, new: str) -> str:
    """The report as the CHANGES.md of a release: what is absent in a line each, then what changed by column and year."""
    lines = [f"# Changes from {old} to {new}", ""]
    for side, name in (("only_old", old), ("only_new", new)):
        if report[side]:
            lines.append(f"- files only in {name} ({len(report[side])}): {', '.join(report[side])}")
    if not report["different"]:
        lines.append("No differences.")
    same = [stem for stem, each in report["files"].items() if not _differs(each)]
    if same and report["different"]:
        lines.append(f"- files without differences ({len(same)}): {', '.join(same)}")
    for stem, each in report["files"].items():
        if _differs(each):
            lines += ["", f"## {stem}", "", *_file_lines(each, old, new)]
    return "\n".join(lines) + "\n"


def _file_lines(file: dict, old: str, new: str) -> list[str]:
    lines = []
    if stem_of(file["old"]) != stem_of(file["new"]):
        lines.append(f"- {file['old']} against {file['new']}")
    if file["note"]:
        lines.append(f"- {file['note']}")
    for name, side, kind in (("columns", old, "removed"), ("columns", new, "added")):
        if file[f"{name}_{kind}"]:
            lines.append(f"- columns only in {side}: {', '.join(file[f'{name}_{kind}'])}")
    for side, kind in ((old, "removed"), (new, "added")):
        years = file[f"years_{kind}"]
        if years:
            lines.append(f"- years only in {side}: {ranges(years)} ({sum(years.values()):,} rows)")
        if rows := file[f"rows_{kind}"] - sum(years.values()):
            lines.append(f"- rows only in {side}: {rows:,}" + (", of years that both have" if years else ""))
    for side, here, there in (("new", new, old), ("old", old, new)):
        groups = _grouped((each["column"], each["year"]) for each in file["absent"] if each["side"] == side)
        if groups:
            lines.append(f"- without any value in {here}, with values in {there}: {groups}")
    if file["last_digit"]:
        count = sum(sum(years.values()) for years in file["last_digit"].values())
        columns = _grouped((column, year) for column, years in file["last_digit"].items() for year in years)
        lines.append(f"- {count:,} numbers that differ in their last digits only: {columns}")
    if file["years"]:
        lines += [
            "",
            "| column | year | changed | NULL to value | value to NULL | largest change |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {row['column']} | {row['year']} | {row['changed']} | {row['gained']} | {row['lost']} | "
            f"{row['largest']['geography']}: {_printed(row['largest']['old'])} to {_printed(row['largest']['new'])} |"
            for row in file["years"]
        ]
    return lines


def stem_of(name: str) -> str:
    """A published file's name without its endings."""
    return name.removesuffix(".gz").removesuffix(".csv")


def _printed(value: str | None) -> str:
    return "NA" if value is None else value


def _grouped(cells) -> str:
    """Columns and years in words, columns of the same years together: ``a, b (2014-2016, 2018); c (2020)``."""
    years: dict[str, list[str]] = {}
    for column, year in cells:
        years.setdefault(column, []).append(year)
    columns: dict[str, list[str]] = {}
    for column, found in years.items():
        columns.setdefault(ranges(found), []).append(column)
    return "; ".join(f"{', '.join(names)} ({listed})" for listed, names in columns.items())
