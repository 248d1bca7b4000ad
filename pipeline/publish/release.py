"""A release: the published files, their Parquet twins and metadata, complete or absent (design §4.4)."""

from __future__ import annotations

from pathlib import Path

from pipeline import code_version
from pipeline.catalog import editions
from pipeline.errors import UsageError
from pipeline.publish import cells, checks, datapackage, dictionary, summary, tables
from pipeline.publish import diff as differences
from pipeline.publish.cells import CELLS, Written
from pipeline.publish.tables import Table
from pipeline.publish.versions import version, versions
from pipeline.quoting import literal
from pipeline.run import request
from pipeline.run.workspace import Workspace
from pipeline.store import files

NOTHING = "Nothing is built yet, so there is nothing to release. Run: mobility build"
NOT_IMPORTED = "Nothing is imported yet, so there is nothing to release. Run: mobility import-published DIR"


class Release:
    """Writes one release from the edition's metric tables, which are built and up to date, or imported."""

    def __init__(self, workspace: Workspace, name: str):
        self.workspace = workspace
        self.version = version(name, workspace.settings.method)
        self.catalog = workspace.plan.catalog
        if workspace.store.list(self.version.address):
            raise UsageError(
                f"The release {name} exists in {workspace.store.location}/{self.version.address}; a release is never "
                "overwritten. Choose the next number."
            )

    def publish(self, on_file=lambda stem, rows: None, allowed: dict[str, str] | None = None) -> dict:
        """Write every file aside, then put the folder in place; returns the manifest.

        ``allowed`` names checks that may fail, and because of what. Raises CheckFailed where another one does, InputError
        where a metric table breaks the contract.
        """
        allowed = allowed or {}
        of_tables = tables.metric_tables(self.workspace)
        if not of_tables:
            raise UsageError(NOT_IMPORTED if editions.is_imported(self.workspace.settings.method) else NOTHING)
        with self.workspace.store.scratch() as scratch:
            aside = scratch / self.version.name
            aside.mkdir()
            manifest = self._write(aside, of_tables, on_file, allowed)
            self.workspace.store.put_folder(self.version.address, aside)
        return manifest

    def _write(self, aside: Path, of_tables: list[Table], on_file, allowed: dict[str, str]) -> dict:
        synthetic = any(each.record["synthetic"] for each in of_tables)
        with cells.opened(self.workspace, of_tables, aside.parent) as con:
            con.execute(f"SET VARIABLE synthetic = {synthetic}")
            with cells.Writer(con, self.catalog, aside, datapackage.describer(self.catalog)) as writer:
                published = []
                for number, file in self.catalog.publication.files.items():
                    written = writer.write(number, file)
                    if written.rows:
                        published.append(written)
                        on_file(file.stem, written.rows)
            if not published:
                raise UsageError(NOTHING)
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW cells AS FROM read_parquet({literal(aside / CELLS)}, hive_partitioning = false)"
            )
            con.execute(
                f"COPY (SELECT * EXCLUDE (table_path) FROM metric_tables ORDER BY ALL) "
                f"TO {literal(aside / 'metrics.parquet')} (FORMAT parquet)"
            )
            results = [*checks.of_tables(of_tables), *checks.of_release(con, self.catalog)]
            checks.refuse_failed(results, allowed)
            plausibility = summary.plausibility(con)
            summary.write(con, self.catalog, aside / "summary")
            left_out = summary.left_out(con)
        self._metadata(aside, published, results, plausibility, synthetic)
        told = [f"warning {each['name']}: {each['found']}" for each in checks.warnings(results)]
        return self._manifest(aside, of_tables, synthetic, left_out, allowed, told)

    def _metadata(
        self, aside: Path, published: list[Written], results: list[dict], plausibility: list[dict], synthetic: bool
    ) -> None:
        package = datapackage.describe(self.catalog, self.version.name, published, synthetic)
        _write_json(aside / "datapackage.json", package)
        errors = [each for each in results if each["severity"] == checks.ERROR]
        passed = all(each["passed"] for each in errors)
        _write_json(aside / "checks.json", {"passed": passed, "checks": results, "plausibility": plausibility})
        for name, text in dictionary.pages(self.catalog, package, synthetic).items():
            (aside / name).write_text(text, encoding="utf-8")
        (aside / "CHANGES.md").write_text(self._changes(aside, synthetic), encoding="utf-8")

    def _manifest(
        self, aside: Path, of_tables: list[Table], synthetic: bool, left_out: dict, allowed: dict[str, str], told: list
    ) -> dict:
        """Write the manifest, last of all; returns it."""
        notes = request.grouped(
            [
                (metric, note, geography, year)
                for each in of_tables
                for metric, year, geography in [each.label.removeprefix("metric/").split()]
                for note in each.record["notes"]
            ]
        )
        manifest = {
            "version": self.version.name,
            "method": self.version.method,
            "code_version": code_version(),
            "synthetic": synthetic,
            "notes": [
                *notes,
                *told,
                *(f"{label}: {text}" for label, text in left_out.items()),
                *(f"published although the check {name} failed: {reason}" for name, reason in allowed.items()),
            ],
            "left_out": left_out,
            "allowed_failed_checks": allowed,
            "files": {
                str(path.relative_to(aside)): files.sha256(path) for path in sorted(aside.rglob("*")) if path.is_file()
            },
            "areas": {
                geography: _input(self.workspace.record(address))
                for geography in tables.GEOGRAPHIES
                if (address := tables.areas_address(self.workspace, geography))
            },
            "inputs": {each.label: _input(each.record) for each in of_tables},
        }
        _write_json(aside / "manifest.json", manifest)
        return manifest

    def _changes(self, aside: Path, synthetic: bool) -> str:
        """CHANGES.md: the differences from the release before."""
        previous = versions(self.workspace.store, self.version.method)
        changes = f"# Changes in {self.version.name}\n\nFirst release in this store.\n"
        if previous:
            before = self.workspace.store.folder(previous[-1].address)
            changes = differences.as_markdown(differences.compare(before, aside), previous[-1].name, self.version.name)
        return "**SYNTHETIC DATA: every number is made up.**\n\n" + changes if synthetic else changes


def _input(found: dict) -> dict:
    """What the manifest says of a table, from its record."""
    return {
        "address": found["output"]["path"],
        "provider": found["provider"],
        "data_hash": found["data_hash"],
        "table_sha256": found["output"]["sha256"],
        "code_version": found["code_version"],
        "sql": {each["path"]: each["sha256"] for each in found["sql"]},
        "variables": found["variables"],
        "raw": found["raw"],
        "accepted": found["accepted"],
    } | ({"folder": found["folder"]} if "folder" in found else {})


def _write_json(path: Path, content) -> None:
    path.write_text(files.as_json(content), encoding="utf-8")
