"""Resolves steps from the catalog of an edition and the landed files.

A step is one table. The plan finds its SQL, its views and its variables, and where it lies: at the address of the
default edition and provider unless a difference touches it (design §4.7 and §4.9).
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from pathlib import Path

from pipeline import catalog as catalogs
from pipeline import settings
from pipeline.catalog.models import Form, GeographyTable, Input, Metric, SubgroupFamily, fill
from pipeline.errors import LostInput, MissingInput, UsageError
from pipeline.plan import custom, metric_files, packs, sqlfile, subgroups
from pipeline.plan.custom import CustomGeography, NotCombined
from pipeline.plan.definition import definition
from pipeline.plan.landed_form import LandedForm, landed_form
from pipeline.plan.providers import Mix
from pipeline.plan.step import RESULT, Step, View
from pipeline.plan.variables import geography_variables, metric_variables
from pipeline.quoting import literal
from pipeline.settings import METHOD, PROVIDER
from pipeline.store.landing import Landing

# The state of a record of microdata.
STATE = "statefip"
METRIC_KEY = ("measure", "geoid", "subgroup_type", "subgroup")


class Plan:
    """Resolves the steps of one edition and provider over one raw directory, and of the region files ``regions``.

    With ``subgroup``, the family of a subgroup file, the metrics of microdata have its labels instead of their own; only
    their tables differ, and lie at addresses of their own.
    """

    def __init__(
        self,
        landing: Landing,
        method: str = METHOD,
        provider: str = PROVIDER,
        others: dict | None = None,
        regions: dict[str, CustomGeography] | None = None,
        subgroup: SubgroupFamily | None = None,
    ):
        self.landing, self.method, self.provider = landing, method, provider
        self.mix = Mix.of(provider)
        self.regions = regions or {}
        self.subgroup = subgroup
        self.catalog = subgroups.with_family(catalogs.load(method), subgroup) if subgroup else catalogs.load(method)
        self._resolved: dict = {}
        self.packs = packs.Packs(landing, method)
        # The plans of all editions and providers asked for, so that each is made once; none has a subgroup of its own.
        self._plans = {} if others is None else others
        if not subgroup:
            self._plans[method, provider] = self

    def of(self, method: str, provider: str) -> Plan:
        """The plan of another edition and provider over the same raw directory."""
        if (method, provider) not in self._plans:
            Plan(self.landing, method, provider, self._plans, self.regions)
        return self._plans[method, provider]

    # -- staged -------------------------------------------------------------------------------------

    def staged(self, table: str, vintage: str) -> list[Step]:
        """The steps of one staged table and vintage: one, or one per raw file where the table says so.

        A mix of providers has those of each. Raises MissingInput where no form of it is landed, LostInput where one was
        landed and is gone.
        """
        return [step for steps, _, _ in self._by_provider(table, vintage) for step in steps]

    def _by_provider(self, table: str, vintage: str) -> list[tuple[list[Step], tuple[str, ...], str]]:
        """Per provider of the vintage: the steps of a staged table, raw files that are gone, and the condition on the
        rows that are taken from it (empty: all)."""
        chosen = self.mix.states(vintage)
        if not chosen or not any(form.provider for form in self.catalog.staged(table).forms.values()):
            return [(*self.of(self.method, self.mix.default)._once(("staged", table, vintage)), "")]
        conditions = {name: f"{STATE} IN ({', '.join(map(literal, states))})" for name, states in chosen.items()}
        conditions = {self.mix.default: f"NOT ({' OR '.join(conditions.values())})"} | conditions
        return [
            (*self.of(self.method, name)._once(("staged", table, vintage)), condition)
            for name, condition in conditions.items()
        ]

    def _staged(self, table: str, vintage: str) -> tuple[list[Step], tuple[str, ...]]:
        found = landed_form(self.catalog, self.landing, self.provider, table, vintage)
        return self._staged_steps(table, vintage, found), found.lost

    def _staged_steps(self, table: str, vintage: str, found: LandedForm) -> list[Step]:
        entry, form = self.catalog.staged(table), found.form
        chosen = {
            name: ((path,) for path in paths) if entry.per_file else (paths,) for name, paths in found.files.items()
        }
        query = settings.SQL / "staged" / form.sql
        names = self._declared(form.files, (query,), f"{table}: forms.{found.name}.files")
        told = {"form": found.name, **form.model_dump(mode="json"), "vintage": entry.vintages[vintage]}
        compared_with = self._compared_with(form, vintage, entry.vintages[vintage])
        columns = tuple(entry.columns.items())
        steps = []
        for landed in itertools.zip_longest(*chosen.values(), fillvalue=()):
            part = Path(landed[0][0]).name.split(".")[0] if entry.per_file else None
            address = f"staged/{table}/{vintage}/{part}.parquet" if part else f"staged/{table}/{vintage}.parquet"
            files = dict(zip(chosen, landed, strict=True))
            steps.append(
                self._step(
                    "staged",
                    table,
                    vintage,
                    None,
                    address,
                    part=part,
                    queries=((RESULT, query),),
                    views=tuple(
                        View(name, raw=form.files[name], landed=tuple(files[name]), given_up=found.given_up)
                        for name in names
                    ),
                    variables={"vintage": vintage, **form.variables, **entry.vintages[vintage]},
                    entry=told,
                    unique=tuple(entry.unique),
                    columns=columns,
                    notes=(form.coverage,) if form.coverage else (),
                    whole=tuple(form.whole.items()),
                    compared_with=compared_with,
                )
            )
        return steps

    def _compared_with(self, form: Form, vintage: str, variables: dict) -> tuple[View, ...]:
        """The views of the tables at hand that the form's rules of wholeness look at."""
        views = []
        for name, declared in form.compared_with.items():
            chosen = fill(declared.vintage or vintage, vintage, variables)
            try:
                views.append(
                    View(name, parts=tuple((each, ()) for each in self.staged(declared.table.split("/")[1], chosen)))
                )
            except (MissingInput, LostInput):
                continue
        return tuple(views)

    # -- geography ----------------------------------------------------------------------------------

    def geography(self, table: str, year: str | None = None, region: str | None = None) -> Step:
        """The step of a geography table, of the year where it is partitioned and of the region file where it is custom.
        Raises MissingInput."""
        entry = self.catalog.geography[table]
        return self._once(("geography", table, year if entry.partitioned else None, region if entry.custom else None))

    def _geography(self, table: str, year: str | None, region: str | None) -> Step:
        entry = self.catalog.geography[table]
        query = _geography_query(table, entry)
        made = {custom.COMPONENT} if region else set()
        names = self._declared({**entry.inputs, **dict.fromkeys(made)}, (query,), f"sql/geography/{table}.yml: inputs")
        if unread := set(names) - sqlfile.read(query).statement.reads - made:
            raise _unread(f"sql/geography/{table}.yml: inputs", unread)
        line = entry.years.get(year, {})
        views = tuple(self._view(name, entry.inputs[name], year or "", region, line) for name in entry.inputs)
        self._refuse_without_any(entry, views, year or "", region, line)
        if custom.COMPONENT in sqlfile.read(query).statement.reads:
            views = (self.regions[region].view(), *views)
        return self._step(
            "geography",
            table,
            year,
            region,
            "/".join(["geography", *filter(None, (table, region, year))]) + ".parquet",
            custom=bool(region),
            queries=((RESULT, query),),
            views=views,
            variables=geography_variables(entry, year, self.catalog),
            entry=entry.model_dump(mode="json"),
            unique=tuple(entry.unique),
            columns=tuple(entry.columns.items()),
        )

    # -- sums and metrics ---------------------------------------------------------------------------

    def sums(self, slug: str, year: int) -> Step:
        """The step of the sums of a microdata metric: per PUMA and subgroup key, without geography."""
        return self._once(("sums", slug, year))

    def _sums(self, slug: str, year: int) -> Step:
        metric = self._of_year(slug, year)
        queries = metric_files.sums_queries(slug, metric)
        views = self._views(slug, metric, year, None, queries)
        return self._step(
            "sums",
            slug,
            str(year),
            None,
            f"sums/{slug}/{year}.parquet",
            queries=queries,
            views=views,
            variables=metric_variables(slug, metric, year),
            entry=metric.model_dump(mode="json", exclude={"years"}),
            record_counts=tuple(metric.record_counts),
            notes=tuple(note for view in views for note in view.notes),
        )

    def records(self, slug: str, year: int) -> Step:
        """The step of the rows that stand for the records of a metric's small designs, in regions and in a pack of its sums."""
        return self._once(("records", slug, year))

    def _records(self, slug: str, year: int) -> Step:
        metric = self._of_year(slug, year)
        queries = metric_files.records_queries(slug, metric)
        return self._step(
            "records",
            slug,
            str(year),
            None,
            f"records/{slug}/{year}.parquet",
            queries=queries,
            views=self._views(slug, metric, year, custom.REGION, queries),
            variables=metric_variables(slug, metric, year),
            entry=metric.model_dump(mode="json", exclude={"years"}),
        )

    def metric(self, slug: str, year: int, geography: str) -> Step:
        """The step of one metric, year and geography. Raises MissingInput or UsageError."""
        return self._once(("metric", slug, year, geography))

    def catalog_of(self, method: str):
        """The catalog of an edition, with the labels of the subgroup file where this plan has one."""
        return self.catalog if method == self.method else catalogs.load(method)

    def _metric(self, slug: str, year: int, geography: str) -> Step:
        metric = self._of_year(slug, year)
        if self.subgroup:
            subgroups.refuse_without_records(slug, metric, self.subgroup)
        variables = metric_variables(slug, metric, year) | {"geography": geography}
        chosen = self.regions.get(geography)
        if chosen:
            self.refuse_uncombined(slug, year, geography)
        elif geography not in metric.geographies_of(year):
            found = ", ".join([*metric.geographies_of(year), *self.regions])
            raise UsageError(f"{slug} {year} has no geography {geography!r}; it has {found}.")
        if chosen and metric.combine.by == "ratio_of_sums":
            queries = metric_files.combined_queries(metric)
            views = self._combined_views(slug, year, chosen)
            variables |= {f"combine_{name}": value for name, value in metric.combine.model_dump().items()}
        else:
            queries = metric_files.metric_queries(slug, metric)
            if chosen and metric_files.has_sums(slug, metric):
                # A region starts from sums and from the rows that stand for the records of small designs, so that it
                # reads no microdata, whether they are landed or a pack stands in for them.
                queries = tuple((name, path) for name, path in queries if name != metric_files.RECORDS)
            views = self._views(slug, metric, year, geography, queries)
        summed = [step for view in views if view.name == "sums" for step, _ in view.parts]
        return self._step(
            "metric",
            slug,
            str(year),
            geography,
            f"metrics/{slug}/{geography}/{year}.parquet",
            queries=queries,
            views=views,
            variables=variables,
            custom=bool(chosen),
            entry=metric.model_dump(mode="json", exclude={"years"}) | {"year": metric.years[year]},
            unique=METRIC_KEY,
            # Filters of records do not look at the area, so they are counted once: with the sums, else the counties.
            record_counts=() if summed or geography != metric.geographies_of(year)[0] else tuple(metric.record_counts),
            notes=tuple(dict.fromkeys(note for each in (*views, *summed) for note in each.notes)),
        )

    def refuse_uncombined(self, slug: str, year: int, region: str) -> None:
        """Raise NotCombined where the metric cannot have values for the regions of a file."""
        metric = self.catalog.metric(slug)
        custom.refuse_uncombined(slug, metric.combine, metric.geographies_of(year), self.regions[region])

    def _combined_views(self, slug: str, year: int, chosen: CustomGeography) -> tuple[View, ...]:
        """The views of a region's sums: the metric's table of its parts, and the parts with their weights."""
        (part_type,) = chosen.types
        parts = self.geography("region_part", str(year), chosen.name)
        return (
            View("areas", parts=((self.metric(slug, year, part_type), ()),)),
            View("region_part", parts=((parts, ()),)),
        )

    def metric_address(self, slug: str, year: int, geography: str) -> str:
        """Where the table of a metric lies if an edition or provider of its own touches it."""
        return self._own(f"metrics/{slug}/{geography}/{year}.parquet")

    def _own(self, address: str) -> str:
        return own_address(self.method, self.provider, address, self.subgroup and self.subgroup.subgroup_type)

    def _of_year(self, slug: str, year: int) -> Metric:
        metric = self.catalog.metric(slug)
        if year not in metric.years:
            raise UsageError(
                f"{slug} has no year {year}; its years are {', '.join(map(str, metric.years))}. "
                f"Add a line to sql/metrics/{slug}.yml."
            )
        return metric

    def _views(self, slug: str, metric: Metric, year: int, geography: str | None, queries) -> tuple[View, ...]:
        """The views that the queries read, of those that the metric declares and those that the engine makes."""
        line = metric.years[year]
        samples = _samples(metric, year)
        families = self._families(metric)
        made = {"sums", "subgroup", metric_files.RECORDS} if metric_files.has_sums(slug, metric) else {"subgroup"}
        chosen = []
        for name in _read_by(queries):
            if name == "subgroup" and samples:
                chosen.append(subgroups.view(samples, metric.own_total, families))
            elif name == "sums" and name in made:
                chosen.append(View(name, parts=((self.sums(slug, year), ()),)))
            elif name == metric_files.RECORDS and name in made:
                chosen.append(View(name, parts=((self.records(slug, year), ()),), expression=packs.REPLICATES))
            elif name in metric.inputs:
                chosen.append(self._view(name, metric.inputs[name], str(year), geography, line, samples, families))
            else:
                raise _undeclared(f"sql/metrics/{slug}.yml: inputs", name, metric.inputs)
        self._refuse_unread(slug, metric, made)
        self._refuse_without_any(metric, chosen, str(year), geography, line)
        return tuple(chosen)

    def _refuse_without_any(self, entry: Metric | GeographyTable, views, partition: str, geography, line: dict) -> None:
        """Where no group of ``one_of`` is at hand, raise the MissingInput of the first input that this geography has."""
        at_hand = {view.name for view in views if view.parts}
        if any(at_hand.issuperset(group) for group in entry.one_of):
            return
        for name in (name for group in entry.one_of for name in group):
            required = entry.inputs[name].model_copy(update={"optional": False})
            self._view(name, required, partition, geography, line)

    def _refuse_unread(self, slug: str, metric: Metric, made: set[str]) -> None:
        queries = metric_files.metric_queries(slug, metric)
        queries += metric_files.sums_queries(slug, metric) if "sums" in made else ()
        if unread := metric.inputs.keys() - set(_read_by(queries)):
            raise _unread(f"sql/metrics/{slug}.yml: inputs", unread)

    def _families(self, metric: Metric):
        """The subgroup families that the catalog defines by predicates over the metric's microdata."""
        of_samples = {name for types in metric.samples.values() for name in types}
        return [self.catalog.subgroups[name] for name in metric.subgroup_types if name != "all" and name in of_samples]

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
        kind = custom.REGION if geography in self.regions else geography
        tables = declared.table if isinstance(declared.table, dict) else {kind: declared.table}
        if kind not in tables:
            return View(name, columns=self._columns_of(next(iter(tables.values())), declared))
        layer, table = tables[kind].split("/")
        try:
            if layer == "geography":
                return View(name, parts=((self.geography(table, partition, geography), ()),))
            if samples and "{sample}" in str(declared.vintage):
                return self._sample_view(name, table, declared, partition, samples, families)
            return self._staged_view(name, table, declared, partition, line)
        except MissingInput:
            if not declared.optional:
                raise
            told = (f"no input: {name}",) if self._is_expected(layer, table, name, declared, partition, line) else ()
            return View(name, columns=self._columns_of(f"{layer}/{table}", declared), notes=told)

    def _is_expected(self, layer, table, name, declared: Input, partition: str, line: dict) -> bool:
        """Whether the catalog has the vintage of an input that is not landed; a year that none is made for needs no note."""
        vintage = line.get(name, declared.vintage) or partition
        if layer == "geography" or "{" in str(vintage):
            return True
        known = self.catalog.staged(table).vintages
        return any(str(each) in known for each in (vintage if isinstance(vintage, list) else [vintage]))

    def _columns_of(self, table: str, declared: Input) -> tuple[tuple[str, str], ...]:
        """Columns and types of the view of an input that has no rows."""
        layer, name = table.split("/")
        entry = self.catalog.geography[name] if layer == "geography" else self.catalog.staged(name)
        columns = dict(entry.columns)
        if "{sample}" in str(declared.vintage):
            columns |= {"sample": "VARCHAR", "subgroup_key": "INTEGER"}
        if isinstance(declared.vintage, list):
            columns |= {"vintage": "VARCHAR"}
        return tuple(columns.items())

    def _staged_view(self, name, table, declared, partition, line) -> View:
        vintage = line.get(name, declared.vintage) or partition
        chosen = [str(each) for each in vintage] if isinstance(vintage, list) else [str(vintage)]
        parts, lost, only = [], [], []
        for each in chosen:
            constants = (("vintage", each),) if isinstance(vintage, list) else ()
            for steps, gone, condition in self._by_provider(table, each.replace("{year}", partition)):
                parts += [(step, constants) for step in steps]
                only += [(step.address, condition) for step in steps if condition]
                lost += gone
        return View(name, parts=tuple(parts), lost=tuple(lost), only=tuple(only))

    def _sample_view(self, name, table, declared, partition, samples, families) -> View:
        """A view over the microdata samples of the year, with the columns ``sample`` and ``subgroup_key``.

        A sample that is not landed is left out and noted; where none is, MissingInput.
        """
        parts, notes, lost, only, missing = [], [], [], [], None
        for sample in samples:
            vintage = declared.vintage.replace("{year}", partition).replace("{sample}", sample)
            try:
                for steps, gone, condition in self._by_provider(table, vintage):
                    parts += [(step, (("sample", sample),)) for step in steps]
                    only += [(step.address, condition) for step in steps if condition]
                    lost += gone
                for provider, states in self.mix.states(vintage).items():
                    notes.append(f"{table} {vintage}: states {', '.join(states)} from {provider}")
            except MissingInput as error:
                missing, notes = error, [*notes, f"no input: {table} {vintage}"]
        if not parts:
            raise missing
        key = (("subgroup_key", subgroups.key_expression(table, families)),)
        return View(name, parts=tuple(parts), notes=tuple(notes), expression=key, lost=tuple(lost), only=tuple(only))

    @staticmethod
    def _declared(inputs, queries: tuple[Path, ...], where: str) -> list[str]:
        """The declared names, in their order. UsageError where the SQL reads another one."""
        read = {name for path in queries for name in sqlfile.read(path).statement.reads}
        if undeclared := sorted(read - set(inputs)):
            raise _undeclared(where, undeclared[0], inputs)
        return list(inputs)

    # -- where a step lies --------------------------------------------------------------------------

    def _step(self, layer, name, partition, geography, address, part=None, **content) -> Step:
        return Step(layer, name, partition, geography, part, self.method, self.provider, address, **content)

    def _once(self, key: tuple):
        """What ``key`` resolves to, resolved once; an input that is missing is remembered too."""
        if key not in self._resolved:
            try:
                found = getattr(self, f"_{key[0]}")(*key[1:])
                self._resolved[key] = (
                    ([self._placed(key, step) for step in found[0]], found[1])
                    if key[0] == "staged"
                    else self._placed(key, found)
                )
            except MissingInput as error:
                self._resolved[key] = self._packed(key, error)
            except LostInput as error:
                self._resolved[key] = error
        if isinstance(self._resolved[key], Exception):
            raise self._resolved[key]
        return self._resolved[key]

    # -- tables of sums packs -----------------------------------------------------------------------

    def _packed(self, key: tuple, error: MissingInput):
        """What a landed sums pack has in place of a table whose input is missing, else the error that says so."""
        wanted = self._without_inputs(*key) if self.provider == PROVIDER and self.packs.landed else None
        try:
            step = wanted and self.packs.standing_in(wanted)
        except MissingInput as told:
            return told
        if not step:
            return error
        placed = self._placed(key, step)
        return ([placed], ()) if key[0] == "staged" else placed

    def _without_inputs(self, layer: str, name: str, partition, geography: str | None = None) -> Step | None:
        """A table that a pack may have, without its inputs; None for what no pack has."""
        if layer == "staged":
            entry = self.catalog.staged(name)
            content = {"queries": (), "views": (), "variables": {}}
        elif layer == "geography" and not geography:
            entry = self.catalog.geography[name]
            query = _geography_query(name, entry)
            content = {
                "queries": ((RESULT, query),),
                "views": (),
                "variables": geography_variables(entry, partition, self.catalog),
            }
        elif layer in ("sums", metric_files.RECORDS) and not self.subgroup:
            entry = None
            metric = self._of_year(name, partition)
            queries = metric_files.queries(layer, name, metric)
            content = {
                "queries": queries,
                "views": self._keys(metric, partition, queries),
                "variables": metric_variables(name, metric, partition),
            }
        else:
            return None
        if entry:
            content |= {"unique": tuple(entry.unique), "columns": tuple(entry.columns.items())}
        address = "/".join(filter(None, (layer, name, partition and str(partition)))) + ".parquet"
        return self._step(layer, name, partition and str(partition), None, address, **content)

    def _keys(self, metric: Metric, year: int, queries) -> tuple[View, ...]:
        """The subgroups of the records that the queries read: the part of their views that decides the keys of sums."""
        samples, families, chosen = _samples(metric, year), self._families(metric), []
        for name in _read_by(queries):
            if name == "subgroup":
                chosen.append(subgroups.view(samples, metric.own_total, families))
            elif name in metric.inputs and "{sample}" in str(metric.inputs[name].vintage):
                table = metric.inputs[name].table.removeprefix("staged/")
                key = ("subgroup_key", subgroups.key_expression(table, families))
                chosen.append(View(name, expression=(key,)))
        return tuple(chosen)

    def _placed(self, key: tuple, step: Step) -> Step:
        """The step of a simpler plan where no difference of this edition or provider touches it, else at its own
        address. A metric of another edition always has an address of its own; its rows are shared. What a subgroup file
        does not touch is the plan's without it."""
        if self.subgroup:
            twin = self._twin((self.method, self.provider), key, step)
            return twin or replace(step, address=self._own(step.address))
        for simpler in ((METHOD, PROVIDER), (METHOD, self.provider), (self.method, PROVIDER)):
            twin = self._twin(simpler, key, step)
            if twin is None:
                continue
            if step.layer == "metric" and simpler[0] != self.method:
                own = self.provider if simpler[1] != PROVIDER else PROVIDER
                shared = twin.shared_with or twin
                return replace(step, address=own_address(self.method, own, step.address), shared_with=shared)
            return twin
        return replace(step, address=self._own(step.address))

    def _twin(self, simpler: tuple[str, str], key: tuple, step: Step) -> Step | None:
        """The same table of a simpler plan, if its definition is the same."""
        if simpler == (self.method, self.provider) and not self.subgroup:
            return None
        try:
            found = self.of(*simpler)._once(key)
        except (MissingInput, LostInput, UsageError, KeyError):
            return None
        for twin in found[0] if key[0] == "staged" else [found]:
            if twin.part == step.part and definition(twin) == definition(step):
                return twin
        return None

    def is_anything_landed(self) -> bool:
        """Whether the raw directory has, or had, a file that the catalog names."""
        forms = [form for table in self.catalog.source_of_table for form in self.catalog.staged(table).forms.values()]
        folders = {raw.path.partition("/")[0] for form in forms for raw in form.files.values()}
        return any(self.landing.has(folder) for folder in [*sorted(folders), packs.FOLDER])

    # -- everything ---------------------------------------------------------------------------------

    def geographies(self, slug: str, year: int) -> list[str]:
        """The geographies that a metric has in a year, those of region files included; none where it has no such year."""
        metric = self.catalog.metric(slug)
        if year not in metric.years:
            return []
        found = list(metric.geographies_of(year))
        for name in self.regions:
            with contextlib.suppress(NotCombined):
                self.refuse_uncombined(slug, year, name)
                found.append(name)
        return found

    def metric_cells(self, slugs=(), years=(), geographies=()) -> list[tuple[str, int, str]]:
        """Every metric × year × geography of the catalog within the given choices (empty = all); of the regions' files
        those that are named."""
        for slug in slugs:
            metric = self.catalog.metric(slug)
            if self.subgroup:
                subgroups.refuse_without_records(slug, metric, self.subgroup)
        return [
            (slug, year, geography)
            for slug, metric in self.catalog.metrics.items()
            if not self.subgroup or subgroups.has_records(metric, self.subgroup)
            for year in metric.years
            for geography in [*metric.geographies_of(year), *(name for name in self.regions if name in geographies)]
            if (not slugs or slug in slugs)
            and (not years or year in years)
            and (not geographies or geography in geographies)
        ]


def own_address(method: str, provider: str, address: str, subgroup: str | None = None) -> str:
    """Where a table lies that a difference of the edition or provider, or a subgroup file, touches."""
    of_method = "" if method == METHOD else f"method={method}/"
    of_provider = "" if provider == PROVIDER else f"provider={provider}/"
    of_subgroup = f"subgroup={subgroup}/" if subgroup else ""
    return f"{of_method}{of_provider}{of_subgroup}{address}"


def _geography_query(name: str, entry: GeographyTable) -> Path:
    return settings.SQL / "geography" / (entry.sql or f"{name}.sql")


def _samples(metric: Metric, year: int) -> dict[str, list[str]]:
    """The microdata samples that the metric has in a year, with their subgroup types."""
    at_hand = metric.years[year].get("samples", metric.samples)
    return {name: types for name, types in metric.samples.items() if name in at_hand}


def _read_by(queries) -> list[str]:
    """Names that the queries read and none of them makes, sorted."""
    made = {name for name, _ in queries}
    return sorted({name for _, path in queries for name in sqlfile.read(path).statement.reads} - made)


def _undeclared(where: str, name: str, declared) -> UsageError:
    return UsageError(f"Catalog file {where}: the SQL reads {name!r}; declared: {', '.join(declared) or 'nothing'}")


def _unread(where: str, names) -> UsageError:
    return UsageError(f"Catalog file {where}: declared but read by no SQL: {', '.join(sorted(names))}")
