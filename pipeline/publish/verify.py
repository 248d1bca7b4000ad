"""A release is still what was published: every file by its hash, the CSV files by their cells, the tables by their checks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import duckdb

from pipeline import checks, settings
from pipeline.catalog import Catalog
from pipeline.publish import publication
from pipeline.publish.cells import CELLS
from pipeline.publish.columns import key_columns
from pipeline.quoting import literal, quote
from pipeline.run.session import create_macros, quiet
from pipeline.store import files

FOLDER = settings.SQL / "release" / "verified"
MANIFEST = "manifest.json"


def verify(folder: Path, catalog: Catalog) -> list[dict]:
    """What was looked at and whether it holds: ``{"name", "file", "passed", "found"}`` each.

    ``folder`` is the release's; ``catalog`` that of its edition, which says which columns are keys.
    """
    manifest = files.read_json(folder / MANIFEST)
    results = _hashes(folder, manifest)
    if not all(each["passed"] for each in results):
        return results
    with quiet(duckdb.connect()) as con:
        create_macros(con)
        publication.create(con, catalog)
        results += _csv_files(con, folder, catalog, manifest)
        results += _tables(con, folder, catalog, manifest)
    return results


def _result(name: str, file: str, found: str) -> dict:
    return {"name": name, "file": file, "passed": not found, "found": found or "as published"}


def _hashes(folder: Path, manifest: dict) -> list[dict]:
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    results = []
    for name, expected in sorted(manifest["files"].items()):
        found = files.sha256(folder / name) if name in there else None
        told = "gone" if found is None else f"sha256 {found}, published as {expected}" if found != expected else ""
        results.append(_result("sha256", name, told))
    return results + [_result("sha256", name, "not of the release") for name in sorted(there - set(manifest["files"]))]


def _csv_files(con, folder: Path, catalog: Catalog, manifest: dict) -> list[dict]:
    """Whether every CSV is the pivot of its cells."""
    con.execute(f"CREATE VIEW cells AS FROM read_parquet({literal(folder / CELLS)}, hive_partitioning = false)")
    query = (FOLDER / "csv_and_cells.sql").read_text(encoding="utf-8")
    results = []
    for number, file in catalog.publication.files.items():
        name = f"{file.stem}.csv"
        if name not in manifest["files"]:
            continue
        # Stray columns may be called as keys: the keys of this file are its first columns.
        columns = con.execute(
            f"FROM (DESCRIBE FROM read_csv({literal(folder / name)}, all_varchar = true, hive_partitioning = false)) SELECT column_name"
        ).fetchall()
        listed = ", ".join(quote(column) for (column,) in columns[len(key_columns(file)) :])
        con.execute(f"SET VARIABLE file = {literal(number)}")
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW csv_cells AS SELECT row_number() OVER ()::INTEGER AS row_order, {listed} FROM "
            f"read_csv({literal(folder / name)}, all_varchar = true, header = true, nullstr = "
            f"{literal(catalog.publication.missing)}, hive_partitioning = false)"
        )
        results.append(_result("csv_and_cells", name, checks.first_rows(con, query)))
    return results


def _tables(con, folder: Path, catalog: Catalog, manifest: dict) -> list[dict]:
    """The checks of the metric tables, run again on the release's copy; a check that was allowed to fail may."""
    path = literal(folder / "metrics.parquet")
    published = files.read_json(folder / "checks.json")["checks"]
    run = {(each["table"], each["name"]): each["passed"] for each in published}
    results = []
    for label in manifest["inputs"]:
        metric, year, geography = label.removeprefix("metric/").split()
        con.execute(f"SET VARIABLE year = {year}")
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE released AS FROM read_parquet({path}, hive_partitioning = false) "
            f"WHERE metric = {literal(metric)} AND year = {year} AND geography = {literal(geography)}"
        )
        skipped = [name for name in checks.names() if name in checks.NOT_AGAIN or (label, name) not in run]
        for each in checks.check_metric(con, catalog, metric, int(year), "released", skipped):
            found = asdict(each)
            if found["passed"] != run[label, each.name]:
                results.append(_result(each.name, label, each.found))
        results.append(_result("checks", label, ""))
    return results
