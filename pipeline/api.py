"""Mobility Metrics from Python: the functions behind the command line, for notebooks and scripts.

>>> from pipeline import api
>>> store = api.open_store("data/store", raw="data/raw")
>>> store.build(["living-wage"], years=[2022])
>>> store.values("living-wage", geoids=["37067"])

Values come as pandas frames, tables as DuckDB relations, everything that is told as dictionaries. What does not exist, is not
built or is not what it should be raises a MobilityError whose text says what to do; what must be known of a value that is there
(its table is out of date, a check failed, the sample is synthetic) is a MobilityWarning.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import SYNTHETIC
from pipeline.catalog import editions
from pipeline.catalog import load as load_catalog
from pipeline.errors import CheckFailed, InputError, UsageError, unknown
from pipeline.explain import SHOWN_ROWS
from pipeline.run.workspace import Workspace
from pipeline.settings import METHOD, PROVIDER, Settings

if TYPE_CHECKING:
    import duckdb
    import pandas

    from pipeline.plan.step import Step
    from pipeline.run.make import Outcome


class MobilityWarning(UserWarning):
    """What must be known of values that are there: out of date, checks that failed, synthetic."""


@dataclass(frozen=True)
class Built:
    """What a build did: the steps asked for, what became of each, and the report (counts, notes, exit code)."""

    steps: list[Step]
    outcomes: list[Outcome]
    report: dict


def open_store(
    store: str | Path | None = None,
    raw: str | Path | None = None,
    *,
    method: str = METHOD,
    provider: str = PROVIDER,
    threads: int | None = None,
    memory: str | None = None,
) -> Store:
    """A store of tables over a raw directory, in an edition of the method and with a provider of microdata.

    ``store`` is a directory or the URL of an object store; what is not given is taken from MOBILITY_STORE and MOBILITY_RAW, else
    ``data/store`` and ``data/raw``. ``threads`` and ``memory`` ("4GB") limit each table. UsageError for an unknown method.
    """
    return Store(Settings.of(raw, store, method=method, provider=provider, threads=threads, memory=memory))


class Store:
    """The tables, releases and audits of one store; looks at the files anew with every call."""

    def __init__(self, chosen: Settings):
        if chosen.method not in editions.known():
            raise unknown("method", chosen.method, editions.known())
        self.settings = chosen

    def __repr__(self) -> str:
        return f"Store({self.settings.store!r}, raw={str(self.settings.raw)!r}, method={self.settings.method!r})"

    # -- what there is ------------------------------------------------------------------------------

    def metrics(self) -> pandas.DataFrame:
        """The metrics of the edition: slug, title, pillar, first and last year, measures, subgroup types, sources."""
        import pandas

        return pandas.DataFrame(
            {
                "metric": slug,
                "title": metric.title,
                "pillar": metric.pillar,
                "first_year": min(metric.years),
                "last_year": max(metric.years),
                "measures": list(metric.measures),
                "subgroup_types": metric.subgroup_types,
                "sources": metric.sources,
            }
            for slug, metric in load_catalog(self.settings.method).metrics.items()
        )

    def find(self, name: str) -> pandas.DataFrame:
        """Counties and places by part of a name, state or code: geography, geoid, name, state, population, years."""
        import pandas

        from pipeline.explain import lookup

        return pandas.DataFrame(lookup.as_rows(lookup.find(Workspace.of(self.settings), name)))

    def explain(self, metric: str) -> dict:
        """A metric's method, its SQL included (pipeline.explain.method)."""
        from pipeline.explain import method

        return method.method(load_catalog(self.settings.method), metric, self.settings.method)

    # -- build --------------------------------------------------------------------------------------

    def build(
        self,
        metrics: Iterable[str] = (),
        years: Iterable[int] = (),
        geographies: Iterable[str] = (),
        *,
        subgroups: Iterable[str] = (),
        from_pack: str | Path | None = None,
        accept_partial: Iterable[str] = (),
        force: bool = False,
        on_start: Callable = lambda step: None,
        on_outcome: Callable = lambda outcome: None,
        raise_failures: bool = True,
    ) -> Built:
        """Build exactly what is out of date within the choices (none: everything), and go on where one table fails.

        ``geographies`` are county, place, or region files; ``subgroups`` files that divide the survey metrics by other labels
        than their own (docs/regions.md, docs/subgroups.md), or names of such files that were built. ``accept_partial`` names sources (SOURCE or SOURCE@VINTAGE) that are
        taken as they are. ``from_pack`` is a sums pack (docs/regions.md), which is landed first. What failed is raised at the end, as CheckFailed or InputError, unless ``raise_failures`` is false.
        """
        from pipeline.build import build, failures, report
        from pipeline.run import request, whole

        metrics, years, geographies = tuple(metrics), tuple(years), tuple(geographies)
        if editions.is_imported(self.settings.method):
            raise UsageError(
                f"Tables of the method {self.settings.method} are not built: mobility import-published DIR reads them."
            )
        if from_pack:
            self.land_pack(from_pack)
        workspace = self.workspace()
        whole.accept(workspace, tuple(accept_partial))
        workspace.on_start, workspace.on_outcome = on_start, on_outcome
        divided = []
        if geographies or subgroups:
            # Imported here: a build without files, with nothing to do, should not pay for reading them.
            from pipeline.region import asked

            geographies = tuple(asked.named(workspace, str(each)) for each in geographies)
            divided = [workspace.of_subgroup(asked.subgroup(workspace, str(each))) for each in subgroups]
        steps, outcomes = [], []
        for each in divided or [workspace]:
            wanted, lacking = request.metric_steps(each, metrics, years, geographies)
            if not (metrics or years or geographies or divided):
                of_geography, missing = request.geography_steps(each)
                wanted, lacking = wanted + of_geography, lacking + missing
            steps, outcomes = steps + wanted, outcomes + lacking
            outcomes += build(each, wanted, force)
        built = Built(steps, outcomes, report(workspace, steps, outcomes))
        if raise_failures and (code := built.report["exit_code"]):
            told = " ".join(failures(outcomes)) or "Nothing was built: of every table asked for an input is missing."
            raise CheckFailed(told) if code == CheckFailed.exit_code else InputError(told)
        return built

    def land_pack(self, file: str | Path) -> dict:
        """Land a sums pack in the raw directory; its content. Where microdata are not landed its sums stand in for them."""
        from pipeline.connectors import packs

        workspace = Workspace.of(self.settings)
        with workspace.store.scratch() as scratch:
            return packs.land(workspace.landing, Path(file), scratch)

    # -- values -------------------------------------------------------------------------------------

    def table(self, metric: str, year: int, geography: str = "county") -> duckdb.DuckDBPyRelation:
        """A metric table as a relation with the columns of the contract (design §4.1), NULL where there is no value.

        InputError where it is not built; MobilityWarning where it is out of date, synthetic, or a check of it failed.
        """
        from pipeline.explain import missing, tables
        from pipeline.quoting import literal

        workspace = Workspace.of(self.settings)
        known = workspace.plan.catalog.metric(metric)
        if year not in known.years:
            raise unknown(f"year of {metric}", year, known.years)
        if geography not in (every := [*known.geographies, *workspace.regions]):
            raise unknown(f"geography of {metric}", geography, every)
        shown = tables.in_store(workspace, metric, year, geography)
        if not shown:
            raise missing.not_built(workspace, metric, year, geography)
        for note in _state(workspace, metric, year, geography, shown.record):
            warnings.warn(note, MobilityWarning, stacklevel=2)
        path = workspace.store.local(shown.address)
        return self._connection.sql(f"FROM read_parquet({literal(path)}, hive_partitioning = false)")

    def values(
        self,
        metric: str,
        geoids: Iterable[str] = (),
        years: Iterable[int] = (),
        *,
        measures: Iterable[str] = (),
        subgroups: Iterable[str] = (),
        geography: str | None = None,
    ) -> pandas.DataFrame:
        """Values with bounds, quality in words, notes and names of areas, a row each; everything that is not narrowed.

        Of all areas of a ``geography``, or of the ``geoids`` (text, with their zeros). NaN and None are what is not available;
        ``attrs`` of the frame hold title, units, quality and suppression rules, notes, and whether it is synthetic.
        """
        import pandas

        from pipeline.explain import lookup
        from pipeline.region.asked import of_labels

        asked = lookup.Asked(metric, tuple(geoids), tuple(years), (), tuple(measures), tuple(subgroups), geography)
        answer = lookup.Values(of_labels(Workspace.of(self.settings), asked.subgroups), asked).answer()
        for note in [*answer["notes"], *([SYNTHETIC] if answer["synthetic"] else [])]:
            warnings.warn(note, MobilityWarning, stacklevel=2)
        frame = pandas.DataFrame(answer.pop("values"))
        frame.attrs = answer
        return frame.astype({"value": float, "lower": float, "upper": float})

    def region(self, file: str | Path) -> dict:
        """What a region file covers: residents, PUMAs, parts that overlap, which metrics it can have (pipeline.region.describe)."""
        from pipeline.region import asked, describe

        workspace = self.workspace()
        return describe.describe(workspace, Path(file), asked.checked(workspace, Path(file)))

    # -- how and whether ----------------------------------------------------------------------------

    def audit(
        self,
        metric: str,
        geoid: str,
        year: int,
        subgroup: str = "All",
        measure: str | None = None,
        *,
        release: str | None = None,
        geography: str | None = None,
        rows: int | None = SHOWN_ROWS,
    ) -> dict:
        """How a number came about, up to ``rows`` rows a step (None: all), as the contract's object (design §4.5).

        ``subgroup`` is a label, or type/label. ``page`` writes it for people. UsageError names what was meant where
        something does not exist; CheckFailed where the steps give another value than the table has.
        """
        from pipeline.explain.audit import Audit
        from pipeline.region.asked import of_labels

        workspace = of_labels(self.workspace(), (subgroup,))
        return Audit(workspace, metric, geoid, year, subgroup, measure, release, rows, geography).answer()

    # -- releases -----------------------------------------------------------------------------------

    def release(
        self,
        version: str,
        *,
        allow_failed_checks: Mapping[str, str] | None = None,
        on_file: Callable[[str, int], None] = lambda stem, rows: None,
    ) -> dict:
        """Publish the built metrics as release ``YYYY.N``; its manifest with the ``path`` of its folder.

        ``allow_failed_checks`` maps names of checks that may fail to the reason why.
        """
        from pipeline.publish.release import Release

        unfinished = Release(self.workspace(), version)
        manifest = unfinished.publish(on_file, dict(allow_failed_checks or {}))
        return manifest | {"path": f"{unfinished.workspace.store.location}/{unfinished.version.address}"}

    def pack(self, version: str, *, on_table: Callable[[str, int], None] = lambda name, rows: None) -> dict:
        """Write the sums pack of a release: what a region's shares are computed from without microdata. Its content, with ``path``
        and ``bytes`` of the file.
        """
        from pipeline.publish import pack

        return pack.write(self.workspace(), version, on_table)

    def diff(self, old: str | Path, new: str | Path, *, why: bool = False, every: bool = True) -> dict:
        """How two releases (VERSION, METHOD:VERSION, latest) or folders of published files differ, by file, column and year.

        With ``why`` also the reason of changed cells, of all or only the first of each reason.
        """
        from pipeline.publish import diff, versions
        from pipeline.publish import why as reasons
        from pipeline.store.store import open_store as at

        store = at(self.settings.store)
        folders = [versions.named(store, str(name), self.settings.method) or Path(name) for name in (old, new)]
        report = diff.compare(*folders)
        if why:
            report["why"] = reasons.explain(report, *folders, load_catalog(self.settings.method), every=every)
        return report

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """What the relations read with; it lives as long as the store."""
        import duckdb

        from pipeline.run.session import quiet

        return quiet(duckdb.connect())

    # -- the workspace ------------------------------------------------------------------------------

    def workspace(self) -> Workspace:
        """The workspace of a call that reads raw files. InputError where the raw directory does not exist or holds nothing of the
        catalog; an edition that was imported has none."""
        workspace = Workspace.of(self.settings)
        raw = self.settings.raw
        if editions.is_imported(self.settings.method):
            return workspace
        if not raw.is_dir():
            raise InputError(
                "The raw directory does not exist",
                file=raw,
                expected="a directory of raw files",
                found="nothing",
                advice="Give --raw or MOBILITY_RAW, or make a sample: mobility sample DIR",
            )
        if not workspace.plan.is_anything_landed():
            raise InputError(
                "The raw directory holds no file of the catalog",
                file=raw,
                expected="a folder per source, laid out as `mobility fetch` lists them",
                found=", ".join(sorted(path.name for path in raw.iterdir())[:5]) or "nothing",
                advice="Give --raw or MOBILITY_RAW, or land the first file: mobility fetch SOURCE",
            )
        return workspace


def page(answer: dict) -> str:
    """An audit as one self-contained page of HTML."""
    from pipeline.explain.page import page as render

    return render(answer)


def _state(workspace: Workspace, metric: str, year: int, geography: str, kept: dict) -> list[str]:
    """What must be known of a table: synthetic, checks that failed, accepted as partial, out of date."""
    from pipeline.run import record

    label = f"{metric} {year} {geography}"
    found = [SYNTHETIC] if kept["synthetic"] else []
    found += [
        f"{label}: check failed: {each['name']}: {each['found']}" for each in kept["checks"] if not each["passed"]
    ]
    found += [f"{label}: accepted as partial: {each}" for each in kept.get("accepted", [])]
    if editions.is_imported(workspace.settings.method):
        return found
    try:
        step = workspace.plan.metric(metric, year, geography)
        if step.lost or not record.is_current(step, workspace):
            found.append(f"{label} is out of date: inputs, SQL or catalog changed since it was built; build it again")
    except InputError:
        found.append(f"Whether {label} is up to date is not known: its inputs are not at hand")
    return found
