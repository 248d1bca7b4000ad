"""What can be built: every output of the pipeline as a step with its inputs, resolved from the catalog.

A step is one SQL file (or a short chain of them) over declared views and variables that writes one
Parquet file. The plan only looks; the engine runs.
"""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

from pipeline import catalog as catalogs
from pipeline import settings, subgroups
from pipeline.catalog.models import Form, Input, Metric, RawFile, fill
from pipeline.errors import MissingInput, UsageError
from pipeline.landing import Landing
from pipeline.settings import Settings
from pipeline.sources import ipums_files
from pipeline.step import Step, View


class Plan:
    """Resolves steps for one raw directory, store, method and provider."""

    def __init__(self, chosen: Settings, landing: Landing | None = None):
        self.settings = chosen
        self.catalog = catalogs.load()
        self.landing = landing or Landing(chosen.raw, chosen.store)
        self._resolved: dict = {}

    # -- staged -------------------------------------------------------------------------------------

    def staged(self, table: str, vintage: str) -> list[Step]:
        """The steps of one staged table and vintage: one, or one per raw file where the table says so.

        Raises MissingInput where no form of it is landed.
        """
        return self._once(("staged", table, vintage), self._staged, table, vintage)

    def _staged(self, table: str, vintage: str) -> list[Step]:
        entry = self.catalog.staged(table)
        if vintage not in entry.vintages:
            raise MissingInput(
                f"The vintage {vintage} of staged/{table} is not in the catalog",
                expected=", ".join(entry.vintages),
                found=vintage,
                advice=f"Add it to pipeline/catalog/sources/{self.catalog.source_of_table[table]}.yml.",
            )
        wanted = []
        for form_name, form in entry.forms.items():
            if (form.vintages and vintage not in form.vintages) or form.provider not in (None, self.settings.provider):
                continue
            landed = {name: self._landed(raw, vintage, entry.vintages[vintage]) for name, raw in form.files.items()}
            lacking = [raw for name, raw in form.files.items() if not landed[name] and not raw.optional]
            if not lacking:
                return self._staged_steps(table, vintage, form_name, form, landed)
            wanted += [fill(raw.path, vintage, entry.vintages[vintage]) for raw in lacking]
        raise MissingInput(
            f"No raw file for staged/{table}, vintage {vintage}",
            file=self.settings.raw,
            expected=" or ".join(dict.fromkeys(wanted)) or "a form for this vintage and provider",
            found="nothing",
            advice=f"Run: mobility fetch {self.catalog.source_of_table[table]}@{vintage}",
        )

    def _landed(self, raw: RawFile, vintage: str, variables: dict) -> tuple[str, ...]:
        pattern = fill(raw.path, vintage, variables)
        for candidate in (pattern, f"{pattern}.gz"):
            found = self.landing.find(candidate)
            if raw.reader == "ipums" and "{vintage}" not in raw.path:
                found = [path for path in found if ipums_files.is_of_vintage(raw, self.landing.locate(path), vintage)]
            if found:
                return tuple(found)
        return ()

    def _staged_steps(self, table, vintage, form_name, form: Form, landed) -> list[Step]:
        entry = self.catalog.staged(table)
        chosen = {name: ((path,) for path in paths) if entry.per_file else (paths,) for name, paths in landed.items()}
        steps = []
        for files in itertools.zip_longest(*chosen.values(), fillvalue=()):
            views = tuple(
                View(name, raw=form.files[name], landed=tuple(paths)) for name, paths in zip(chosen, files, strict=True)
            )
            folder = self.settings.store / "staged" / table
            output = folder / f"{vintage}.parquet"
            if entry.per_file:
                output = folder / vintage / f"{_stem(files[0][0])}.parquet"
            steps.append(
                Step(
                    "staged",
                    table,
                    vintage,
                    None,
                    output,
                    (settings.SQL / "staged" / form.sql,),
                    views,
                    {"vintage": vintage, **form.variables, **entry.vintages[vintage]},
                    {"form": form_name, **form.model_dump(mode="json"), "vintage": entry.vintages[vintage]},
                    tuple(entry.unique),
                    tuple(entry.columns.items()),
                    notes=(form.coverage,) if form.coverage else (),
                )
            )
        return steps

    # -- geography ----------------------------------------------------------------------------------

    def geography(self, table: str, year: str | None = None) -> Step:
        """The step of a geography table; ``year`` only where the table is partitioned by year."""
        entry = self.catalog.geography[table]
        year = year if entry.partitioned else None
        return self._once(("geography", table, year), self._geography, table, year)

    def _geography(self, table: str, year: str | None) -> Step:
        entry = self.catalog.geography[table]
        views = tuple(self._view(name, declared, year or "", None, {}) for name, declared in entry.inputs.items())
        name = f"{table}/{year}.parquet" if year else f"{table}.parquet"
        variables = ({"year": int(year)} if year else {}) | self.rules(entry)
        return Step(
            "geography",
            table,
            year,
            None,
            self.settings.store / "geography" / name,
            (settings.SQL / "geography" / f"{table}.sql",),
            views,
            variables,
            entry.model_dump(mode="json"),
            tuple(entry.unique),
            tuple(entry.columns.items()),
        )

    # -- metrics ------------------------------------------------------------------------------------

    def metric(self, slug: str, year: int, geography: str) -> Step:
        """The step of one metric, year and geography. Raises MissingInput or UsageError."""
        return self._once(("metric", slug, year, geography), self._metric, slug, year, geography)

    def _metric(self, slug: str, year: int, geography: str) -> Step:
        metric = self.catalog.metric(slug)
        if year not in metric.years:
            raise UsageError(
                f"{slug} has no year {year}; its years are {', '.join(map(str, metric.years))}. "
                f"Add a line to sql/metrics/{slug}.yml."
            )
        if geography not in metric.geographies:
            raise UsageError(f"{slug} has no geography {geography!r}; it has {', '.join(metric.geographies)}.")
        line = metric.years[year]
        samples = {name: types for name, types in metric.samples.items() if name in line.get("samples", metric.samples)}
        families = self._families(metric)
        views = [
            self._view(name, declared, str(year), geography, line, samples, families)
            for name, declared in metric.inputs.items()
        ]
        notes = [note for view in views for note in view.notes]
        if samples:
            views.append(subgroups.view(samples, metric.own_total, families))
        sql = [settings.SQL / "metrics" / f"{slug}.sql"]
        if metric.estimator:
            sql.append(settings.SQL / "estimators" / f"{metric.estimator}.sql")
        variables = {"metric": slug, "year": year, "geography": geography}
        variables |= {"crosswalk_period": "pre-2022" if year < 2022 else "2022"}
        variables |= metric.parameters
        variables |= {name: value for name, value in line.items() if name not in metric.inputs and name != "samples"}
        variables |= self.rules(metric)
        entry = metric.model_dump(mode="json", exclude={"years"}) | {"year": line}
        output = self.settings.metric_root / "metrics" / slug / geography / f"{year}.parquet"
        return Step(
            "metric",
            slug,
            str(year),
            geography,
            output,
            tuple(sql),
            tuple(views),
            variables,
            entry,
            ("measure", "geoid", "subgroup_type", "subgroup"),
            (),
            tuple(metric.record_counts),
            tuple(notes),
        )

    def _families(self, metric: Metric):
        """The subgroup families that the catalog defines by predicates over the metric's microdata."""
        of_samples = {name for types in metric.samples.values() for name in types}
        return [self.catalog.subgroups[name] for name in metric.subgroup_types if name != "all" and name in of_samples]

    @staticmethod
    def rules(entry) -> dict:
        """The variable ``rule_<id>`` of each quirk of a metric or geography table that has a rule (design §4.7)."""
        return {rule_variable(name): quirk.rule for name, quirk in entry.quirks.items() if quirk.rule is not None}

    # -- views --------------------------------------------------------------------------------------

    def _view(
        self,
        name: str,
        declared: Input,
        partition: str,
        geography: str | None,
        line: dict,
        samples: dict | None = None,
        families=(),
    ) -> View:
        table = declared.table[geography] if isinstance(declared.table, dict) else declared.table
        layer, table = table.split("/")
        try:
            if layer == "geography":
                return View(name, parts=((self.geography(table, partition), ()),))
            if samples and "{sample}" in str(declared.vintage):
                return self._sample_view(name, table, declared, partition, samples, families)
            return View(name, parts=tuple(self._staged_parts(name, table, declared, partition, line)))
        except MissingInput:
            if not declared.optional:
                raise
            source = self.catalog.staged(table)
            columns = dict(source.columns)
            if "{sample}" in str(declared.vintage):
                columns |= {"sample": "VARCHAR", "subgroup_key": "INTEGER"}
            vintage = line.get(name, declared.vintage) or partition
            expected = vintage in source.vintages or "{" in str(vintage)
            return View(name, columns=tuple(columns.items()), notes=(f"no input: {name}",) if expected else ())

    def _staged_parts(self, name, table, declared, partition, line):
        vintage = line.get(name, declared.vintage) or partition
        if isinstance(vintage, list):
            for each in vintage:
                for step in self.staged(table, str(each)):
                    yield step, (("vintage", str(each)),)
        else:
            for step in self.staged(table, str(vintage).replace("{year}", partition)):
                yield step, ()

    def _sample_view(self, name, table, declared, partition, samples, families) -> View:
        """A view over the microdata samples of the year, with the columns ``sample`` and ``subgroup_key``.

        A sample that is not landed is left out and noted; where none is, MissingInput.
        """
        parts, notes, missing = [], [], None
        for sample in samples:
            vintage = declared.vintage.replace("{year}", partition).replace("{sample}", sample)
            try:
                parts += [(step, (("sample", sample),)) for step in self.staged(table, vintage)]
            except MissingInput as error:
                missing, notes = error, [*notes, f"no input: {table} {vintage}"]
        if not parts:
            raise missing
        return View(
            name,
            parts=tuple(parts),
            notes=tuple(notes),
            expression=(("subgroup_key", subgroups.key_expression(table, families)),),
        )

    def _once(self, key, resolve, *arguments):
        if key not in self._resolved:
            try:
                self._resolved[key] = resolve(*arguments)
            except MissingInput as error:
                self._resolved[key] = error
        if isinstance(self._resolved[key], MissingInput):
            raise self._resolved[key]
        return self._resolved[key]

    # -- everything ---------------------------------------------------------------------------------

    def metric_cells(self, slugs=(), years=(), geographies=()) -> list[tuple[str, int, str]]:
        """Every metric × year × geography of the catalog within the given choices (empty = all)."""
        for slug in slugs:
            self.catalog.metric(slug)
        cells = [
            (slug, year, geography)
            for slug, metric in self.catalog.metrics.items()
            for year in metric.years
            for geography in metric.geographies
        ]
        return [
            (slug, year, geography)
            for slug, year, geography in cells
            if (not slugs or slug in slugs)
            and (not years or year in years)
            and (not geographies or geography in geographies)
        ]


def rule_variable(quirk: str) -> str:
    """The SQL variable that holds a quirk's rule."""
    return f"rule_{quirk.replace('-', '_')}"


@cache
def _stem(relative: str) -> str:
    return Path(relative).name.split(".")[0]
