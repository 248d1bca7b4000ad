"""GEOIDs by name, and values without SQL."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import duckdb

from pipeline import settings
from pipeline.catalog import editions
from pipeline.catalog.models import Metric
from pipeline.catalog.states import states
from pipeline.errors import InputError, MissingInput, MobilityError, UsageError, nearest, unknown
from pipeline.plan import providers
from pipeline.plan.step import Step
from pipeline.publish.tables import imported_areas
from pipeline.quoting import literal, quote
from pipeline.run import record, request
from pipeline.run.make import make
from pipeline.run.workspace import Workspace

# Digits of a GEOID; a custom geography has codes of its own.
GEOGRAPHY = {5: "county", 7: "place"}


@dataclass(frozen=True)
class Area:
    """A county or place: its GEOID, its newest name and population, and the years in which the code exists."""

    geography: str
    geoid: str
    name: str
    state: str
    population: int | None
    first_year: int
    last_year: int

    def __str__(self) -> str:
        return f"{self.geoid} ({', '.join(filter(None, (self.name, self.state)))})"


# -- names ----------------------------------------------------------------------------------------------


def areas(workspace: Workspace) -> list[Area]:
    """Every county and place of any year. InputError where their names are neither built nor can be."""
    selects = [
        f"SELECT {literal(geography)} AS geography, geoid, {quote(f'{geography}_name')} AS name, state_name, population, "
        f"year FROM read_parquet({literal(_universe(workspace, geography))}, hive_partitioning = false)"
        for geography in GEOGRAPHY.values()
    ]
    with duckdb.connect() as con:
        # arg_max passes over years without a name or population.
        rows = con.execute(
            "SELECT geography, geoid, arg_max(name, year), arg_max(state_name, year), arg_max(population, year), "
            f"min(year), max(year) FROM ({' UNION ALL '.join(selects)}) GROUP BY geography, geoid ORDER BY geography, geoid"
        ).fetchall()
    return [Area(*row) for row in rows]


def regions(workspace: Workspace) -> list[Area]:
    """The regions of every region file that the store keeps."""
    found = {(name, part.region): part.name for name, each in workspace.regions.items() for part in each.parts}
    return [Area(geography, geoid, name or geoid, "", None, 0, 9999) for (geography, geoid), name in found.items()]


def region_file(workspace: Workspace, geoid: str) -> str | None:
    """The name of the region file that has this region, None where none does. UsageError where several do."""
    found = sorted({each.geography for each in regions(workspace) if each.geoid == geoid})
    if len(found) > 1:
        raise UsageError(
            f"The region {geoid!r} is in the region files {' and '.join(found)}: say which with --geography."
        )
    return found[0] if found else None


def _universe(workspace: Workspace, geography: str) -> Path:
    """The table of a geography's names, made where it is out of date; the last good one where it cannot be."""
    if imported := imported_areas(workspace, geography):
        return workspace.store.local(imported)
    table = f"{geography}_universe"
    address = f"geography/{table}.parquet"
    try:
        step = workspace.plan.geography(table)
        address = step.address
        for each in request.pending([step], workspace):
            if error := make(each, workspace).error:
                raise error
    except MobilityError as error:
        if not workspace.record(address):
            raise InputError(
                f"The names of every {geography} are not in the store",
                file=f"{workspace.store.location}/{address}",
                expected="the built table",
                found="nothing",
                advice=f"Give the --store of a build, or what building it lacks: {error}",
            ) from error
    return workspace.store.local(address)


def plain(text: str) -> str:
    """Text as it is compared: lower case, without accents, words of letters and digits with one space between."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(re.findall(r"[a-z0-9]+", bare.lower()))


def find(workspace: Workspace, name: str) -> list[Area]:
    """Areas that have every word of ``name`` in their name or state (in full or as its postal abbreviation), or as the
    beginning of their GEOID; those called so first, then the larger ones. UsageError with the nearest names where there are
    none."""
    words, known = plain(name).split(), areas(workspace)
    postal = {state.postal.lower(): state.name for state in states()}
    state = postal.get(words[-1], "") if words else ""
    # After a comma it is the state and no part of another word.
    only = bool(state) and plain(name.rpartition(",")[2]) == words[-1] and len(words) > 1
    found = [(rank, area) for area in known if (rank := _rank(words, area, state, only)) is not None]
    if not words or not found:
        near = _near_names(plain(name), known)
        hint = f" Did you mean {' or '.join(map(str, near))}?" if near else ""
        counts = " and ".join(
            f"{sum(area.geography == geography for area in known):,} {geography} codes"
            for geography in GEOGRAPHY.values()
        )
        raise UsageError(
            f"No county or place is called {name!r}.{hint} Known are {counts}; give part of a name, a state, or the "
            "beginning of a GEOID."
        )
    return [area for _, area in sorted(found, key=lambda each: (each[0], -(each[1].population or 0), each[1].geoid))]


def _rank(words: list[str], area: Area, state: str = "", only: bool = False) -> int | None:
    """How well the words fit: 0 the name begins with them, 1 it has them, 2 in parts, 3 the state or GEOID; else None.
    ``state`` is what the last word stands for as a postal abbreviation, with ``only`` nothing else."""
    own = plain(area.name).split()
    if area.state == state:
        rank = _rank_of_name(words[:-1], own) if words[:-1] else 3
        if rank is not None:
            return rank
    if only:
        return None
    rank = _rank_of_name(words, own)
    if rank is not None:
        return rank
    everything = [*own, *plain(area.state).split()]
    fits = all(any(word in each for each in everything) or area.geoid.startswith(word) for word in words)
    return 3 if fits else None


def _rank_of_name(words: list[str], own: list[str]) -> int | None:
    if own[: len(words)] == words:
        return 0
    if set(words) <= set(own):
        return 1
    return 2 if all(any(word in each for each in own) for word in words) else None


def _near_names(wanted: str, known: list[Area]) -> list[Area]:
    by_name: dict[str, Area] = {}
    for area in sorted(known, key=lambda each: each.population or 0):
        words = plain(area.name).split()
        # Also without what kind of area it is (County, city, metropolitan government).
        by_name |= {" ".join(words[:number]): area for number in range(1, len(words) + 1)}
        by_name[" ".join([*words, plain(area.state)])] = area
    close = difflib.get_close_matches(wanted, by_name, n=3, cutoff=0.7)
    return list(dict.fromkeys(by_name[each] for each in close))


# -- values ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What is asked of a metric; what is left empty is not narrowed. The named ``years`` must be there, those of
    ``ranges`` (first, last) may."""

    slug: str
    geoids: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    measures: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    geography: str | None = None


@dataclass(frozen=True)
class Table:
    """A metric table that is there; ``step`` is None where its inputs are not at hand."""

    year: int
    geography: str
    address: str
    step: Step | None


def years_of(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """The named years and the ranges (first, last) of a text such as ``2018-2021,2023``. UsageError for anything else."""
    years, ranges = [], []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{4})(?:\s*-\s*(\d{4}))?\s*", part)
        if not match or int(match[1]) > int(match[2] or match[1]):
            raise UsageError(f"Years are given as 2022, 2018-2021 or 2018,2021-2023; found {text!r}.")
        if match[2]:
            ranges.append((int(match[1]), int(match[2])))
        else:
            years.append(int(match[1]))
    return years, ranges


class Values:
    """The values of a metric's tables for the areas, years, measures and subgroups asked for."""

    def __init__(self, workspace: Workspace, asked: Asked):
        self.workspace, self.asked = workspace, asked
        self.metric: Metric = workspace.plan.catalog.metric(asked.slug)
        for measure in asked.measures:
            if measure not in self.metric.measures:
                raise unknown(f"measure of {asked.slug}", measure, self.metric.measures)
        self.years = self._years()
        self.notes: list[str] = []
        self.areas = self._areas()

    def _years(self) -> list[int]:
        asked, known = self.asked, list(self.metric.years)
        for year in asked.years:
            if year not in known:
                raise unknown(f"year of {asked.slug}", year, known)
        for first, last in asked.ranges:
            if not any(first <= year <= last for year in known):
                raise unknown(f"years of {asked.slug}", f"{first}-{last}", known)
        everything = not asked.years and not asked.ranges
        within = {year for first, last in asked.ranges for year in range(first, last + 1)}
        return [year for year in known if everything or year in within or year in asked.years]

    def _areas(self) -> dict[str, Area]:
        """Areas by GEOID; names are a service here, so a store without them still gives values."""
        known = regions(self.workspace)
        try:
            known = [*areas(self.workspace), *known]
        except InputError as error:
            self.notes.append(f"Names of counties and places are not shown. {error}")
        return {area.geoid: area for area in known}

    @property
    def _options(self) -> str:
        return providers.options(self.workspace.settings.method, self.workspace.settings.provider)

    def answer(self) -> dict:
        """The values with names and units, and what must be known of the tables they are from.

        ``{"metric", "title", "method", "provider", "measures", "quality", "suppression", "tables", "values", "notes",
        "checks_passed", "synthetic"}``; a value has the metric table's columns, quality in words, the area's name and
        state, and its unit. UsageError for what does not exist, InputError for what is not built.
        """
        tables = [table for geography in self._geographies() for table in self._tables(geography)]
        if not tables:
            raise InputError(
                f"No table of {self.asked.slug} has been built",
                file=self.workspace.store.location,
                expected=f"tables of {', '.join(map(str, self.years))}",
                found="nothing",
                advice=f"Run: mobility build --metric {self.asked.slug}{self._options}",
            )
        records = {table.address: self.workspace.record(table.address) for table in tables}
        with duckdb.connect() as con:
            con.execute((settings.SQL / "macros" / "publication.sql").read_text(encoding="utf-8"))
            paths = ", ".join(literal(self.workspace.store.local(address)) for address in records)
            con.execute(f"CREATE VIEW metric_tables AS FROM read_parquet([{paths}], hive_partitioning = false)")
            subgroups = self._subgroups(con)
            self._explain_missing(con, tables)
            values = self._values(con, subgroups)
        if not values:
            raise UsageError(f"No row of {self.asked.slug} has both the measures and the subgroups asked for.")
        return {
            "metric": self.asked.slug,
            "title": self.metric.title,
            "method": self.workspace.settings.method,
            "provider": self.workspace.settings.provider,
            "measures": {name: entry.title for name, entry in self.metric.measures.items()},
            "quality": self.metric.quality,
            "suppression": self.metric.suppression,
            "tables": {address: found["built_at"] for address, found in records.items()},
            "values": values,
            "notes": [*self.notes, *self._state(tables)],
            "checks_passed": all(each["passed"] for found in records.values() for each in found["checks"]),
            "synthetic": any(found["synthetic"] for found in records.values()),
        }

    # -- what is asked ------------------------------------------------------------------------------

    def _geographies(self) -> list[str]:
        asked = self.asked
        if asked.geography:
            if asked.geography not in (known := self._known_geographies()):
                raise unknown(f"geography of {asked.slug}", asked.geography, known)
            return [asked.geography]
        if not asked.geoids:
            raise UsageError("Give --geoid (mobility find NAME gives it), or --geography for every area of it.")
        found = []
        for geoid in asked.geoids:
            geography = self._geography_of(geoid)
            if geography is None:
                raise self._unknown_geoid(geoid)
            if geography not in (*self.metric.geographies, *self.workspace.regions):
                known = " and ".join(self.metric.geographies)
                raise UsageError(f"GEOID {geoid} is of a {geography}, and {asked.slug} has values by {known} only.")
            found.append(geography)
        return list(dict.fromkeys(found))

    def _geography_of(self, geoid: str) -> str | None:
        """The geography that has a code by its digits, or the region file that has it; None where neither does."""
        geography = GEOGRAPHY.get(len(geoid)) if geoid.isdecimal() else None
        return geography or region_file(self.workspace, geoid)

    def _known_geographies(self) -> list[str]:
        """The metric's geographies, and custom ones that are built."""
        folder = PurePosixPath(self.workspace.plan.metric_address(self.asked.slug, 0, "any")).parent.parent
        built = {PurePosixPath(address).parent.name for address in self.workspace.store.list(str(folder))}
        return [*self.metric.geographies, *sorted(built - set(self.metric.geographies))]

    def _unknown_geoid(self, geoid: str) -> UsageError:
        """The error for a GEOID that no area has: the same number with its zeros, else the nearest of its length."""
        same = [each for each in self.areas if geoid.isdecimal() and each.isdecimal() and int(each) == int(geoid)]
        near = same or nearest(geoid, [each for each in self.areas if len(each) == len(geoid)])
        hint = f" Did you mean {' or '.join(str(self.areas[each]) for each in near)}?" if near else ""
        return UsageError(
            f"There is no GEOID {geoid!r}: a county has 5 digits, a place 7, with leading zeros.{hint} "
            "mobility find NAME gives GEOIDs."
        )

    def _tables(self, geography: str) -> list[Table]:
        """The tables of the geography that are built; a year asked for exactly must be."""
        found, absent = [], []
        for year in self.years:
            missing: InputError | None = None
            try:
                if editions.is_imported(self.workspace.settings.method):
                    raise MissingInput(f"{self.asked.slug} {geography}: run mobility import-published DIR")
                step = self._step(year, geography)
                address = step.address
            except InputError as error:
                step, missing = None, error
                address = self.workspace.plan.metric_address(self.asked.slug, year, geography)
            if self.workspace.record(address):
                found.append(Table(year, geography, address, step))
            elif year in self.asked.years:
                raise InputError(
                    f"{self.asked.slug} {year} {geography} has not been built",
                    file=f"{self.workspace.store.location}/{address}",
                    expected="the built table",
                    found="nothing",
                    advice=str(
                        missing or f"Run: mobility build --metric {self.asked.slug} --year {year}{self._options}"
                    ),
                )
            else:
                absent.append(str(year))
        if absent:
            self.notes.append(f"Not in the store: {self.asked.slug} {geography} {', '.join(absent)}.")
        return found

    def _step(self, year: int, geography: str) -> Step:
        if geography not in (*self.metric.geographies, *self.workspace.regions):
            raise MissingInput(f"{self.asked.slug} {geography}: a custom geography")
        return self.workspace.plan.metric(self.asked.slug, year, geography)

    def _subgroups(self, con) -> list[tuple[str, str]]:
        """The subgroup types and labels asked for, each as a label, a type, or type/label; empty: all."""
        known = con.execute("SELECT DISTINCT subgroup_type, subgroup FROM metric_tables ORDER BY ALL").fetchall()
        chosen = []
        for asked in self.asked.subgroups:
            fitting = [(kind, label) for kind, label in known if asked in (label, kind, f"{kind}/{label}")]
            if not fitting:
                raise unknown(f"subgroup of {self.asked.slug}", asked, sorted({label for _, label in known}))
            chosen += fitting
        return chosen

    # -- the answer ---------------------------------------------------------------------------------

    def _values(self, con, subgroups: list[tuple[str, str]]) -> list[dict]:
        """Rows by area as asked for, measure, subgroup (overall first) and year."""
        geoids, measures = list(self.asked.geoids), list(self.metric.measures)
        rows = con.execute(
            """
            SELECT measure, year, geography, geoid, subgroup_type, subgroup, value, lower, upper,
                   published_quality(quality) AS quality, note
            FROM metric_tables
            WHERE (len($geoids) = 0 OR list_contains($geoids, geoid)) AND list_contains($measures, measure)
            ORDER BY list_position($geoids, geoid), geoid, list_position($every_measure, measure),
                     subgroup_type <> 'all', subgroup_type, subgroup, year
            """,
            {
                "geoids": geoids,
                "measures": list(self.asked.measures) or measures,
                "every_measure": measures,
            },
        )
        names = [column[0] for column in rows.description]
        found = []
        for row in (dict(zip(names, each, strict=True)) for each in rows.fetchall()):
            if not subgroups or (row["subgroup_type"], row["subgroup"]) in subgroups:
                area = self.areas.get(row["geoid"])
                named = {"name": area.name if area else None, "state": area.state if area else None}
                unit = self.metric.measures[row["measure"]].unit
                found.append({"metric": self.asked.slug, **row, **named, "unit": unit})
        return found

    def _explain_missing(self, con, tables: list[Table]) -> None:
        """Note the years in which an area asked for has no row; UsageError where it has none in any of them."""
        there: dict[str, set[int]] = {}
        for geoid, year in con.execute("SELECT DISTINCT geoid, year FROM metric_tables").fetchall():
            there.setdefault(geoid, set()).add(year)
        for geoid in self.asked.geoids:
            if geoid not in there and geoid not in self.areas:
                raise self._unknown_geoid(geoid)
            geographies = [self.asked.geography or self._geography_of(geoid)]
            years = [table.year for table in tables if table.geography in geographies]
            absent = [year for year in years if year not in there.get(geoid, ())]
            if not absent:
                continue
            area = self.areas.get(geoid)
            exists = f"; the code exists {area.first_year} to {area.last_year}" if area else ""
            text = (
                f"{area or geoid} has no row in {self.asked.slug} {', '.join(map(str, absent))}{exists}. Codes change over "
                "time (docs/geography.md)"
            )
            if geoid not in there:
                raise UsageError(f"{text}; mobility find NAME gives them with their years.")
            self.notes.append(f"{text}.")

    def _state(self, tables: list[Table]) -> list[str]:
        """What must be known of the tables: out of date, not to be built again, checks that failed."""
        found: dict[str, list[str]] = {}
        for table in tables:
            label = f"{table.year} {table.geography}"
            kept = self.workspace.record(table.address)
            for check in kept["checks"]:
                if not check["passed"]:
                    found.setdefault(f"Check failed: {check['name']}: {check['found']}", []).append(label)
            for lacking in kept.get("accepted", []):
                found.setdefault(f"Accepted as partial: {lacking}", []).append(label)
            if editions.is_imported(self.workspace.settings.method):
                continue
            if table.step is None:
                text = "Whether the values are up to date is not known: their inputs are not at hand"
                found.setdefault(text, []).append(label)
            elif not self._is_current(table.step):
                text = "Out of date: inputs, SQL or catalog changed since it was built; run mobility build"
                found.setdefault(text, []).append(label)
        return [f"{text} ({', '.join(labels)})." for text, labels in found.items()]

    def _is_current(self, step: Step) -> bool:
        try:
            return not step.lost and record.is_current(step, self.workspace)
        except InputError:
            return False


def as_rows(found: list[Area]) -> list[dict]:
    """Areas as JSON-able values."""
    return [asdict(area) for area in found]
