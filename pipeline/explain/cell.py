"""The published value that is asked about: checked against what exists, with the nearest that does where it does not."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property

import duckdb

from pipeline.catalog.models import Metric
from pipeline.errors import InputError, UsageError, unknown
from pipeline.explain import missing, tables
from pipeline.explain.lookup import GEOGRAPHY, plain, region_file, regions
from pipeline.explain.tables import STATE, Shown
from pipeline.publish.tables import imported_areas
from pipeline.quoting import literal
from pipeline.run.session import quiet
from pipeline.run.workspace import Workspace

NEAREST = 4


@dataclass(frozen=True)
class Cell:
    """One value of one table: ``row`` is it as the release or else the store has it, ``place`` its area in words."""

    slug: str
    measure: str
    year: int
    geography: str
    geoid: str
    place: str | None
    shown: Shown
    row: dict

    @property
    def state(self) -> str:
        """The state's digits of the GEOID."""
        return self.geoid[:STATE]

    @property
    def is_of_region(self) -> bool:
        """Whether the area is a region of a region file."""
        return self.geography not in GEOGRAPHY.values()


class Asked:
    """What the command line was given, on the way to a Cell."""

    def __init__(
        self,
        workspace: Workspace,
        slug: str,
        geoid: str,
        year: int,
        subgroup: str,
        measure: str | None,
        geography: str | None = None,
    ):
        self.geography = geography
        self.workspace, self.slug, self.asked, self.year = workspace, slug, geoid.strip(), year
        self.subgroup_type, _, self.subgroup = subgroup.rpartition("/")
        self.metric: Metric = workspace.plan.catalog.metric(slug)
        self.measure = measure or next(iter(self.metric.measures))

    def cell(self, release: str | None = None) -> Cell:
        """The cell, of the store's table or of a release. UsageError names what is meant where something does not
        exist; InputError says which input is not there where the table was never built."""
        if self.measure not in self.metric.measures:
            raise unknown(f"measure of {self.slug}", self.measure, self.metric.measures)
        if not release and self.year not in self.metric.years:
            raise unknown(f"year of {self.slug}", self.year, self.metric.years)
        geography = self._geography()
        if release:
            shown = tables.in_release(self.workspace, release, self.slug, self.year, geography)
        else:
            shown = tables.in_store(self.workspace, self.slug, self.year, geography)
            if not shown:
                raise missing.not_built(self.workspace, self.slug, self.year, geography)
        row = self._row(tables.relation(self.workspace, shown))
        return Cell(self.slug, self.measure, self.year, geography, self.asked, self.places.get(self.asked), shown, row)

    def of_store(self, cell: Cell) -> dict | None:
        """The same cell as the store has it now, None where the store does not have it."""
        if not cell.shown.record:
            return None
        try:
            path = self.workspace.store.local(cell.shown.address)
            return self._row(f"read_parquet({literal(path)}, hive_partitioning = false)") if path.exists() else None
        except (UsageError, InputError):
            return None

    # -- the area -----------------------------------------------------------------------------------

    def _geography(self) -> str:
        if self.geography:
            if self.geography not in (known := [*self.metric.geographies, *self.workspace.regions]):
                raise unknown(f"geography of {self.slug}", self.geography, known)
            return self.geography
        geography = GEOGRAPHY.get(len(self.asked)) if self.asked.isascii() and self.asked.isdigit() else None
        if not geography and (of_file := region_file(self.workspace, self.asked)):
            return of_file
        if not geography:
            raise UsageError(
                f"A GEOID has 5 digits (county) or 7 (place), with leading zeros; found {self.asked!r}.{self._meant_geoid()}"
            )
        if geography not in self.metric.geographies:
            raise UsageError(
                f"{self.slug} has no values of a {geography} ({self.asked}); it has {', '.join(self.metric.geographies)}."
            )
        return geography

    @cached_property
    def places(self) -> dict[str, str]:
        """GEOID -> name and state, of every area of the universes that are built; the newest name counts."""
        found: dict[str, str] = {}
        for geography in self.metric.geographies:
            try:
                address = imported_areas(self.workspace, geography) or (
                    self.workspace.plan.geography(f"{geography}_universe").address
                )
            except InputError:
                address = f"geography/{geography}_universe.parquet"
            if self.workspace.record(address):
                universe = f"read_parquet({literal(self.workspace.store.local(address))}, hive_partitioning = false)"
                query = f"SELECT geoid, trim({geography}_name) || ', ' || state_name FROM {universe} ORDER BY year"
                with quiet(duckdb.connect()) as con:
                    found |= dict(con.execute(query).fetchall())
        return found | {area.geoid: area.name for area in regions(self.workspace)}

    def _meant_geoid(self) -> str:
        """The areas that a code without its zero, or a name, may stand for."""
        if self.asked.isdigit():
            candidates = [self.asked.zfill(length) for length in GEOGRAPHY if len(self.asked) == length - 1]
            known = [geoid for geoid in candidates if geoid in self.places]
            if not known:
                # Without the names of areas a lost zero is the likeliest cause; with them it would have been found.
                near = difflib.get_close_matches(self.asked, self.places, NEAREST, 0.75)
                known = near if self.places else candidates
        else:
            words = plain(self.asked).split()
            known = [geoid for geoid, name in self.places.items() if all(word in plain(name) for word in words)]
            if not known:
                names = {plain(name): geoid for geoid, name in self.places.items()}
                known = [names[each] for each in difflib.get_close_matches(plain(self.asked), names, NEAREST, 0.5)]
        return f" Did you mean {self._listed(known)}?" if known else " mobility find NAME looks codes up."

    def _listed(self, geoids: list[str]) -> str:
        shown = [f"{geoid} ({self.places[geoid]})" if geoid in self.places else geoid for geoid in geoids[:NEAREST]]
        return " or ".join(shown) + (" …" if len(geoids) > NEAREST else "")

    # -- the row ------------------------------------------------------------------------------------

    def _row(self, relation: str) -> dict:
        try:
            with quiet(duckdb.connect()) as con:
                con.execute(f"CREATE VIEW asked AS FROM {relation}")
                # Values as literals: DuckDB imports pandas for parameters, which takes most of a second.
                kind = f"AND subgroup_type = {literal(self.subgroup_type)}" if self.subgroup_type else ""
                table = con.execute(
                    f"SELECT * FROM asked WHERE measure = {literal(self.measure)} AND geoid = {literal(self.asked)} "
                    f"AND subgroup = {literal(self.subgroup)} {kind} ORDER BY subgroup_type <> 'all', subgroup_type"
                )
                names = [column[0] for column in table.description]
                if row := table.fetchone():
                    return dict(zip(names, row, strict=True))
                raise self._no_row(con)
        except duckdb.Error as error:
            raise InputError(
                "A table cannot be read",
                file=relation,
                found=str(error).splitlines()[0],
                advice="Run: mobility build --force",
            ) from error

    def _no_row(self, con) -> UsageError:
        geoids = [row[0] for row in con.execute("SELECT DISTINCT geoid FROM asked ORDER BY geoid").fetchall()]
        if self.asked not in geoids:
            near = difflib.get_close_matches(self.asked, geoids, NEAREST, 0.75)
            why = f" It is {self.places[self.asked]} of other years." if self.asked in self.places else ""
            return UsageError(
                f"{self.slug} {self.year} has no row for GEOID {self.asked}.{why} Codes change over time "
                f"(docs/geography.md)." + (f" Did you mean {self._listed(near)}?" if near else "")
            )
        labels = con.execute(
            f"SELECT DISTINCT subgroup_type, subgroup FROM asked WHERE measure = {literal(self.measure)} ORDER BY ALL"
        ).fetchall()
        if not labels:
            return UsageError(f"{self.slug} {self.year} has no values of the measure {self.measure!r}.")
        names = [label for _, label in labels]
        asked = f"{self.subgroup_type}/{self.subgroup}" if self.subgroup_type else self.subgroup
        known = [f"{kind}/{label}" for kind, label in labels] if self.subgroup_type else dict.fromkeys(names)
        return UsageError(f"{unknown(f'subgroup of {self.slug} {self.year}', asked, known)}{self._other_years()}")

    def _other_years(self) -> str:
        """Years whose samples have further kinds of subgroups than the year asked for."""

        def kinds(year: int) -> set[str]:
            samples = self.metric.years.get(year, {}).get("samples", self.metric.samples)
            return {kind for sample in samples for kind in self.metric.samples.get(sample, [])}

        more = [str(year) for year in self.metric.years if kinds(year) - kinds(self.year)]
        return f" Years with further subgroups: {', '.join(more)}." if more else ""
