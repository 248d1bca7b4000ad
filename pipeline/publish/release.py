"""A release: the published files, their Parquet twins and metadata, complete or absent (design §4.4)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline import code_version, settings
from pipeline.catalog.models import PublishedFile
from pipeline.errors import CheckFailed, InputError, LostInput, MissingInput, UsageError
from pipeline.plan.step import Step
from pipeline.publish import datapackage
from pipeline.publish import diff as differences
from pipeline.publish.columns import column_role, key_columns
from pipeline.publish.versions import version, versions
from pipeline.quoting import literal, quote
from pipeline.run import record, request
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.store import files

NOTHING = "Nothing is built yet, so there is nothing to release. Run: mobility build"


class Release:
    """Writes one release from the metric tables that are built and up to date."""

    def __init__(self, workspace: Workspace, name: str):
        self.workspace, self.plan = workspace, workspace.plan
        self.version = version(name, workspace.settings.method)
        self.catalog = self.plan.catalog
        if workspace.store.list(self.version.address):
            raise UsageError(
                f"The release {name} exists in {workspace.store.location}/{self.version.address}; a release is never "
                "overwritten. Choose the next number."
            )
        self.metric_of = {measure: slug for slug, metric in self.catalog.metrics.items() for measure in metric.measures}

    def publish(self, on_file=lambda stem, rows: None, allowed: dict[str, str] | None = None) -> dict:
        """Write every file aside, then put the folder in place; returns the manifest.

        ``allowed`` names checks that may fail, and because of what. Raises CheckFailed where another one does.
        """
        steps = self._built_steps()
        if not steps:
            raise UsageError(NOTHING)
        with self.workspace.store.scratch() as scratch:
            aside = scratch / self.version.name
            aside.mkdir()
            with duckdb.connect() as con:
                self._open(con, steps)
                published = {}
                for number, file in self.catalog.publication.files.items():
                    columns = self._columns(con, file)
                    rows = self._write(con, aside, number, file, columns) if columns else 0
                    if rows:
                        published[file.stem] = {"columns": columns, "rows": rows}
                        on_file(file.stem, rows)
                con.execute(
                    f"COPY (FROM metric_tables ORDER BY ALL) TO {literal(aside / 'metrics.parquet')} (FORMAT parquet)"
                )
                results = self._checks(con, aside, published, steps)
                self._refuse_failed(results, allowed or {})
                left_out = self._left_out(con)
            if not published:
                raise UsageError(NOTHING)
            manifest = self._describe(aside, published, results, steps, left_out, allowed or {})
            self.workspace.store.put_folder(self.version.address, aside)
        return manifest

    def _built_steps(self) -> list[Step]:
        """The metric tables that are built; none of them may be out of date."""
        steps = []
        for cell in self.plan.metric_cells():
            try:
                step = self.plan.metric(*cell)
            except LostInput:
                raise
            except MissingInput:
                continue
            if self.workspace.record(step.address):
                steps.append(step)
        stale = [step.label for step in steps if not record.is_current(step, self.workspace)]
        if stale:
            raise UsageError(
                f"{len(stale)} tables are out of date ({', '.join(stale[:3])} …); run mobility build first."
            )
        return steps

    def _open(self, con, steps: list[Step]) -> None:
        con.execute((settings.SQL / "macros" / "publication.sql").read_text(encoding="utf-8"))
        for geography in ("county", "place"):
            universe = self.plan.geography(f"{geography}_universe")
            for step in request.pending([universe], self.workspace):
                outcome = make(step, self.workspace)
                if outcome.status not in ("built", "described", "up to date"):
                    raise InputError(f"The rows of the release cannot be built: {outcome.message}")
            path = self.workspace.store.local(universe.address)
            con.execute(f"CREATE VIEW {geography}_universe AS FROM read_parquet({literal(path)})")
        paths = ", ".join(literal(self.workspace.store.local(step.address)) for step in steps)
        con.execute(f"CREATE VIEW metric_tables AS FROM read_parquet([{paths}])")

    def _columns(self, con, file: PublishedFile) -> list[str]:
        """The contract's columns of the measures that are built for this file's geography and subgroups."""
        types = ["all"] if file.subgroup_type is None else [file.subgroup_type]
        found = con.execute(
            "SELECT DISTINCT measure FROM metric_tables WHERE geography = ? AND value IS NOT NULL AND list_contains(?, subgroup_type)",
            [file.geography, types],
        )
        present = {row[0] for row in found.fetchall()}
        chosen = []
        for column in file.columns:
            measure = column_role(column)[0]
            if measure in present or (file.stray and column in file.stray.columns and file.stray.measure in present):
                chosen.append(column)
        return chosen

    # -- one file -----------------------------------------------------------------------------------

    def _write(self, con, folder: Path, number: str, file: PublishedFile, columns: list[str]) -> int:
        """Write one file as CSV and Parquet; returns its rows. A file without any value is not written."""
        con.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {self._chosen(number, file, columns)}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE published AS {self._assembled(file, columns)}")
        rows = con.execute("SELECT count(*) FROM published").fetchone()[0]
        if not rows:
            return 0
        exported = [*key_columns(file), *columns]
        texts = ", ".join(self._text(column, file) for column in exported)
        numbers = ", ".join(quote(column) for column in exported)
        con.execute(
            f"COPY (SELECT {texts} FROM published ORDER BY row_order) TO {literal(folder / f'{file.stem}.csv')} "
            f"(FORMAT csv, HEADER, NULLSTR {literal(self.catalog.publication.missing)})"
        )
        con.execute(
            f"COPY (SELECT {numbers} FROM published ORDER BY row_order) TO "
            f"{literal(folder / f'{file.stem}.parquet')} (FORMAT parquet, COMPRESSION zstd)"
        )
        return rows

    def _chosen(self, number: str, file: PublishedFile, columns: list[str]) -> str:
        """Rows of the metric tables that feed the file, with the label All filled and suppressions applied."""
        measures = sorted({column_role(column)[0] for column in columns})
        family = file.subgroup_type or "all"
        own_total = sorted(
            {
                measure
                for measure in measures
                if measure in self.metric_of and family in self.catalog.metric(self.metric_of[measure]).own_total
            }
        )
        wanted = f"subgroup_type = {literal(family)}"
        if file.subgroup_type:
            # The overall value stands in for All only in years in which the measure has the family at all.
            wanted = (
                f"(subgroup_type = {literal(family)} OR (subgroup_type = 'all' AND NOT "
                f"list_contains([{', '.join(map(literal, own_total))}]::VARCHAR[], measure) AND (measure, year) IN "
                f"(SELECT (measure, year) FROM metric_tables WHERE geography = {literal(file.geography)} "
                f"AND subgroup_type = {literal(family)})))"
            )
        suppressed = self._suppressed(number)
        cleared = f"value IS NULL AND list_contains([{', '.join(map(literal, file.quality_with_value))}]::VARCHAR[], measure)"
        return f"""
            SELECT measure, year, geoid, subgroup,
                   CASE WHEN NOT ({suppressed["value"]}) THEN value END AS value,
                   CASE WHEN NOT ({suppressed["lb"]}) THEN lower END AS lower,
                   CASE WHEN NOT ({suppressed["ub"]}) THEN upper END AS upper,
                   CASE WHEN NOT ({suppressed["quality"]} OR {cleared}) THEN quality END AS quality,
                   CASE WHEN NOT ({suppressed["value"]}) AND value IS NOT NULL THEN numerator END AS numerator,
                   denominator, subgroup_type
            FROM metric_tables
            WHERE geography = {literal(file.geography)} AND {wanted}
              AND list_contains([{", ".join(map(literal, measures))}], measure)"""

    def _suppressed(self, number: str) -> dict[str, str]:
        conditions: dict[str, list[str]] = {"value": ["false"], "lb": ["false"], "ub": ["false"], "quality": ["false"]}
        for rule in self.catalog.publication.suppressions:
            if number not in rule.files:
                continue
            scope = f"list_contains([{', '.join(map(literal, rule.geoids))}], geoid)"
            if rule.years:
                scope += f" AND year IN ({', '.join(map(str, rule.years))})"
            if rule.except_years:
                scope += f" AND year NOT IN ({', '.join(map(str, rule.except_years))})"
            if rule.subgroups == "not All":
                scope += " AND subgroup <> 'All'"
            for role in rule.roles:
                measures = [*rule.measures, *(rule.quality_of if role == "quality" else [])]
                conditions[role].append(f"({scope} AND measure IN ({', '.join(map(literal, measures))}))")
        return {role: " OR ".join(each) for role, each in conditions.items()}

    def _assembled(self, file: PublishedFile, columns: list[str]) -> str:
        """The spine with every column joined on, years without any value dropped, in the order of the contract."""
        if file.subgroup_type:
            labels = ", ".join(f"({order}, {literal(label)})" for order, label in enumerate(file.subgroups))
        else:
            labels = "(0, 'All')"
        keys = [column for column in key_columns(file) if column not in ("subgroup", "subgroup_type")]
        pivots = ",\n".join(f"{self._pivot(column, file)} AS {quote(column)}" for column in columns)
        shown = ", ".join(quote(key) for key in keys)
        extra = ""
        if file.subgroup_type:
            extra = f"subgroup, CASE subgroup WHEN 'All' THEN 'all' ELSE {literal(file.subgroup_type)} END AS subgroup_type,"
        kept = "true" if file.keep_empty_years else "year IN (SELECT year FROM chosen WHERE value IS NOT NULL)"
        listed = ", ".join(quote(column) for column in columns)
        return f"""
            WITH labels(label_order, subgroup) AS (VALUES {labels}),
            spine AS (
                SELECT *, row_number() OVER (ORDER BY year, geoid, label_order) AS row_order
                FROM {file.geography}_universe CROSS JOIN labels
                WHERE {kept}
            ),
            wide AS (SELECT year, geoid, subgroup, {pivots} FROM chosen GROUP BY ALL)
            SELECT row_order, {shown}, {extra} {listed}
            FROM spine LEFT JOIN wide USING (year, geoid, subgroup)"""

    def _pivot(self, column: str, file: PublishedFile) -> str:
        measure, role = column_role(column)
        if file.stray and column in file.stray.columns:
            return f"max({literal(file.stray.columns[column])}) FILTER (WHERE measure = {literal(file.stray.measure)})"
        entry = self.catalog.metric(self.metric_of[measure]).measures[measure]
        expression, decimals = role, self._decimals(column)
        if role == "quality":
            expression = "published_quality(quality)"
        elif entry.format == "share_pair":
            expression = "published_pair(numerator, denominator)"
        elif entry.format in ("seven_digits", "eight_digits", "ten_decimals"):
            expression = f"in_published_digits({role}, {literal(entry.format)})"
        if decimals is not None and role != "quality" and entry.format != "share_pair":
            expression = f"round_even({expression}, {decimals})"
        return f"max({expression}) FILTER (WHERE measure = {literal(measure)})"

    def _decimals(self, column: str) -> int | None:
        """Decimals of the edition for a column: those of the longest beginning that fits, None for as many as there are."""
        rounding = self.catalog.publication.rounding
        fitting = [beginning for beginning in rounding if column.startswith(beginning)]
        return rounding[max(fitting, key=len)] if fitting else None

    def _text(self, column: str, file: PublishedFile) -> str:
        measure, role = column_role(column)
        slug = self.metric_of.get(measure)
        if not slug or role == "quality" or self.catalog.metric(slug).measures[measure].format == "share_pair":
            return f"{quote(column)}::VARCHAR AS {quote(column)}"
        digits = self.catalog.metric(slug).measures[measure].format
        return f"published_number({quote(column)}, {literal(digits)}) AS {quote(column)}"

    # -- metadata -----------------------------------------------------------------------------------

    def _checks(self, con, folder: Path, published: dict, steps: list[Step]) -> list[dict]:
        results = []
        for step in steps:
            found = self.workspace.record(step.address)["checks"]
            results += [{"table": step.label, **result} for result in found]
        stems = {file.stem: file for file in self.catalog.publication.files.values()}
        for stem in published:
            file = stems[stem]
            per_geography = max(len(file.subgroups), 1)
            wrong = con.execute(
                f"SELECT string_agg(year || ': ' || rows_found || ' of ' || rows_expected, ', ') FROM "
                f"(SELECT year, count(*) AS rows_found FROM read_parquet({literal(folder / f'{stem}.parquet')}) GROUP BY year) "
                f"JOIN (SELECT year, count(*) * {per_geography} AS rows_expected FROM {file.geography}_universe GROUP BY year) "
                "USING (year) WHERE rows_found <> rows_expected"
            ).fetchone()[0]
            results.append(
                {
                    "table": stem,
                    "name": "rows per year",
                    "passed": wrong is None,
                    "found": wrong or "as many as the universe times the subgroups",
                }
            )
        return results

    @staticmethod
    def _refuse_failed(results: list[dict], allowed: dict[str, str]) -> None:
        failed = [each for each in results if not each["passed"] and each["name"] not in allowed]
        if failed:
            first = failed[0]
            raise CheckFailed(
                f"{len(failed)} checks failed, the first is {first['name']} of {first['table']}: {first['found']}. "
                "Mend the cause and build again, or publish in spite of it: "
                f'--allow-failed-check {first["name"]} --because "…"'
            )

    def _left_out(self, con) -> dict[str, str]:
        """Values that no row of the universe takes up, by table: codes of other years, or a new year."""
        universes = "SELECT 'county' AS geography, year, geoid FROM county_universe UNION ALL SELECT 'place', year, geoid FROM place_universe"
        rows = con.execute(
            f"SELECT metric, geography, year, count(DISTINCT geoid) FROM metric_tables ANTI JOIN ({universes}) AS universe "
            "USING (geography, year, geoid) WHERE value IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return {
            f"metric/{metric} {year} {geography}": f"{count} {geography} codes with values are in no file: they are not "
            "in the universe of the year"
            for metric, geography, year, count in rows
        }

    def _describe(
        self,
        aside: Path,
        published: dict,
        results: list[dict],
        steps: list[Step],
        left_out: dict[str, str],
        allowed: dict[str, str],
    ) -> dict:
        """Write the metadata beside the files, the manifest last; returns the manifest."""
        records = {step.label: self.workspace.record(step.address) for step in steps}
        synthetic = any(each["synthetic"] for each in records.values())
        name, method = self.version.name, self.version.method
        package = datapackage.describe(self.catalog, name, published, synthetic)
        (aside / "datapackage.json").write_text(files.as_json(package), encoding="utf-8")
        checked = {"passed": all(each["passed"] for each in results), "checks": results}
        (aside / "checks.json").write_text(files.as_json(checked), encoding="utf-8")
        (aside / "CHANGES.md").write_text(self._changes(aside, synthetic), encoding="utf-8")
        manifest = {
            "version": name,
            "method": method,
            "code_version": code_version(),
            "synthetic": synthetic,
            "notes": [
                *request.notes(steps, self.workspace),
                *(f"{label}: {text}" for label, text in left_out.items()),
                *(f"published although the check {name} failed: {reason}" for name, reason in allowed.items()),
            ],
            "left_out": left_out,
            "allowed_failed_checks": allowed,
            "files": {path.name: files.sha256(path) for path in sorted(aside.iterdir())},
            "inputs": {
                label: {
                    "address": each["output"]["path"],
                    "provider": each["provider"],
                    "data_hash": each["data_hash"],
                    "table_sha256": each["output"]["sha256"],
                    "raw": each["raw"],
                    "accepted": each["accepted"],
                }
                for label, each in records.items()
            },
        }
        (aside / "manifest.json").write_text(files.as_json(manifest), encoding="utf-8")
        return manifest

    def _changes(self, aside: Path, synthetic: bool) -> str:
        """CHANGES.md: the differences from the release before."""
        previous = versions(self.workspace.store, self.version.method)
        changes = f"# Changes in {self.version.name}\n\nFirst release in this store.\n"
        if previous:
            before = self.workspace.store.folder(previous[-1].address)
            changes = differences.as_markdown(differences.compare(before, aside), previous[-1].name, self.version.name)
        return "**SYNTHETIC DATA: every number is made up.**\n\n" + changes if synthetic else changes
