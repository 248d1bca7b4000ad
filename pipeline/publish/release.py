"""A release: the published files, their Parquet twins and metadata, complete or absent (design §4.4)."""

from __future__ import annotations

import re
import shutil
from dataclasses import asdict
from pathlib import Path

import duckdb

from pipeline import __version__, checks, datapackage, files, settings
from pipeline import diff as differences
from pipeline.catalog.models import PublishedFile
from pipeline.errors import InputError, UsageError
from pipeline.quoting import literal, quote
from pipeline.runner import Runner
from pipeline.step import Step

ROLES = {"_lb": "lower", "_ub": "upper", "_quality": "quality"}
NOTHING = "Nothing is built yet, so there is nothing to release. Run: mobility build"


def column_role(column: str) -> tuple[str, str]:
    """A published column's measure and role: value, lower, upper or quality."""
    for suffix, role in ROLES.items():
        if column.endswith(suffix):
            return column.removesuffix(suffix), role
    return column, "value"


def versions(store: Path) -> list[str]:
    """Releases in the store, oldest first."""
    found = [path.name for path in (store / "releases").glob("*.*") if re.fullmatch(r"\d{4}\.\d+", path.name)]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


class Release:
    """Writes one release from the metric tables that are built and up to date."""

    def __init__(self, runner: Runner, version: str):
        if not re.fullmatch(r"\d{4}\.\d+", version):
            raise UsageError(f"A version is YYYY.N, for example 2026.1; found {version!r}.")
        self.runner, self.version = runner, version
        self.catalog = runner.plan.catalog
        self.target = runner.settings.metric_root / "releases" / version
        if self.target.exists():
            raise UsageError(
                f"The release {version} exists in {self.target}; a release is never overwritten. "
                "Choose the next number."
            )
        self.metric_of = {measure: slug for slug, metric in self.catalog.metrics.items() for measure in metric.measures}

    def publish(self, on_file=lambda stem, rows: None) -> dict:
        """Write every file aside, then rename the folder into place; returns the manifest."""
        steps = self._built_steps()
        if not steps:
            raise UsageError(NOTHING)
        aside = self.target.with_name(f"{files.TEMPORARY}{self.version}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
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
                left_out = self._left_out(con)
            if not published:
                raise UsageError(NOTHING)
            return self._finish(aside, published, results, steps, left_out)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise

    def _built_steps(self) -> list[Step]:
        steps = []
        for cell in self.runner.plan.metric_cells():
            output = self.runner.settings.metric_root / "metrics" / cell[0] / cell[2] / f"{cell[1]}.parquet"
            if output.exists():
                steps.append(self.runner.plan.metric(*cell))
        stale = [step.label for step in steps if not self.runner.engine.is_current(step)]
        if stale:
            raise UsageError(
                f"{len(stale)} tables are out of date ({', '.join(stale[:3])} …); run mobility build first."
            )
        return steps

    def _open(self, con, steps: list[Step]) -> None:
        con.execute((settings.SQL / "macros" / "publication.sql").read_text(encoding="utf-8"))
        for geography in ("county", "place"):
            universe = self.runner.plan.geography(f"{geography}_universe")
            for step in self.runner.stale([universe]):
                outcome = self.runner.run(step)
                if outcome.exit_code:
                    raise InputError(f"The rows of the release cannot be built: {outcome.message}")
            con.execute(f"CREATE VIEW {geography}_universe AS FROM read_parquet({literal(universe.output)})")
        paths = ", ".join(literal(step.output) for step in steps)
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
        exported = [*datapackage.key_columns(file), *columns]
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
        return f"""
            SELECT measure, year, geoid, subgroup,
                   CASE WHEN NOT ({suppressed["value"]}) THEN value END AS value,
                   CASE WHEN NOT ({suppressed["lb"]}) THEN lower END AS lower,
                   CASE WHEN NOT ({suppressed["ub"]}) THEN upper END AS upper,
                   CASE WHEN NOT ({suppressed["quality"]}) THEN quality END AS quality,
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
        keys = [column for column in datapackage.key_columns(file) if column not in ("subgroup", "subgroup_type")]
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
        expression = role
        if role == "quality":
            expression = "published_quality(quality)"
        elif entry.format == "share_pair":
            expression = "published_pair(numerator, denominator)"
        elif entry.format in ("seven_digits", "ten_decimals"):
            expression = f"in_published_digits({role}, {literal(entry.format)})"
        return f"max({expression}) FILTER (WHERE measure = {literal(measure)})"

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
            found = files.read_json(checks.checks_path(step)) or [
                asdict(result) for result in checks.check_metric(self.runner.plan, step)
            ]
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

    def _left_out(self, con) -> list[str]:
        """Values that no row of the universe takes up, by metric, geography and year: codes of other years, or a new year."""
        universes = "SELECT 'county' AS geography, year, geoid FROM county_universe UNION ALL SELECT 'place', year, geoid FROM place_universe"
        rows = con.execute(
            f"SELECT metric, geography, year, count(DISTINCT geoid) FROM metric_tables ANTI JOIN ({universes}) AS universe "
            "USING (geography, year, geoid) WHERE value IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return [
            f"{metric} {year}: {count} {geography} codes with values are not in the universe of the year"
            for metric, geography, year, count in rows
        ]

    def _finish(
        self, aside: Path, published: dict, results: list[dict], steps: list[Step], left_out: list[str]
    ) -> dict:
        synthetic = self.runner.plan.landing.is_synthetic()
        files.write_json(
            aside / "datapackage.json", datapackage.describe(self.catalog, self.version, published, synthetic)
        )
        files.write_json(aside / "checks.json", {"passed": all(each["passed"] for each in results), "checks": results})
        previous = versions(self.target.parent.parent)
        changes = f"# Changes in {self.version}\n\nFirst release in this store.\n"
        if previous:
            compared = differences.compare(self.target.parent / previous[-1], aside)
            changes = differences.as_markdown(compared, previous[-1], self.version)
        if synthetic:
            changes = "**SYNTHETIC DATA: every number is made up.**\n\n" + changes
        (aside / "CHANGES.md").write_text(changes, encoding="utf-8")
        self.runner.asked = steps
        inputs = {step.label: self.runner.engine.lineage(step) for step in steps}
        manifest = {
            "version": self.version,
            "method": self.runner.settings.method,
            "code_version": __version__,
            "synthetic": synthetic,
            "notes": [*self.runner.notes(), *left_out],
            "files": {path.name: files.sha256(path) for path in sorted(aside.iterdir())},
            "inputs": {
                label: {
                    "fingerprint": record["fingerprint"],
                    "table_sha256": record["output"]["sha256"],
                    "raw": self._raw_hashes(step),
                }
                for (label, record), step in zip(inputs.items(), steps, strict=True)
            },
        }
        files.write_json(aside / "manifest.json", manifest)
        aside.replace(self.target)
        return manifest

    def _raw_hashes(self, step: Step) -> dict[str, str]:
        hashes = {path: self.runner.plan.landing.take_in(path)["sha256"] for view in step.views for path in view.landed}
        for upstream in step.upstream:
            hashes |= self._raw_hashes(upstream)
        return hashes
