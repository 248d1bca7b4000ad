"""The parts of a region file against the areas that exist: names become codes, unknown codes become suggestions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from pipeline.errors import InputError, MobilityError, nearest
from pipeline.explain.lookup import plain
from pipeline.plan.custom import CustomGeography, Part
from pipeline.quoting import literal
from pipeline.region.problems import RegionError, told
from pipeline.run import request
from pipeline.run.workspace import Workspace

AREAS = "region_area"
NEAREST = 3


@dataclass(frozen=True)
class Area:
    """An area that a region may be made of, in every census that has its code (vintage -> residents)."""

    component_type: str
    geoid: str
    name: str | None
    postal: str | None
    state_name: str | None
    population: dict[str, int | None]

    def __str__(self) -> str:
        called = ", ".join(filter(None, (self.name, self.postal)))
        return f"{self.geoid} ({called})" if called else self.geoid


def build_areas(workspace: Workspace) -> Path:
    """The table of areas that exist, made where it is out of date. Raises what keeps it from being made."""
    step = workspace.plan.geography(AREAS)
    request.complete([step], workspace)
    return workspace.store.local(step.address)


class Areas:
    """The areas that exist, looked up by type, code and name."""

    def __init__(self, table: Path):
        self.table = table
        self.names: dict[str, dict[str, list[Area]]] = {}

    def of_codes(self, codes: set[tuple[str, str]]) -> dict[tuple[str, str], Area]:
        """The areas of the given types and codes that exist."""
        if not codes:
            return {}
        listed = ", ".join(f"({literal(kind)}, {literal(geoid)})" for kind, geoid in sorted(codes))
        return {
            (each.component_type, each.geoid): each for each in self._read(f"(component_type, geoid) IN ({listed})")
        }

    def other_types(self, geoid: str) -> list[str]:
        """Types that have this code."""
        return sorted({each.component_type for each in self._read(f"geoid = {literal(geoid)}")})

    def near(self, kind: str, geoid: str) -> list[Area]:
        """Areas of the type whose codes are next to one that does not exist, those of the same state first."""
        for digits in (5, 2, 0):
            if found := list(
                self._read(f"component_type = {literal(kind)} AND starts_with(geoid, {literal(geoid[:digits])})")
            ):
                by_code = {each.geoid: each for each in found}
                return [by_code[each] for each in nearest(geoid, by_code, NEAREST)]
        return []

    def called(self, kind: str, text: str) -> list[Area]:
        """Areas of the type with this name and state: in full, or without the kind of area (Wilmington, DE)."""
        name, _, state = text.rpartition(",")
        wanted, by_name = plain(name), self._names(kind)
        state = plain(state)
        whole = [each for each in by_name.get(wanted, []) if _is_in(each, state)]
        short = (
            []
            if whole
            else [
                each
                for each in self._read(f"component_type = {literal(kind)}")
                if _is_in(each, state) and _begins(each, wanted)
            ]
        )
        return whole or short

    def alike(self, kind: str, text: str) -> list[str]:
        """Names most like one that no area has, with their states."""
        known = {f"{area.name}, {area.postal}" for areas in self._names(kind).values() for area in areas}
        state = plain(text.rpartition(",")[2])
        same_state = [each for each in known if plain(each.rpartition(",")[2]) == state]
        return nearest(text, sorted(same_state or known), NEAREST)

    def is_known(self, kind: str) -> bool:
        """Whether any area of the type is known."""
        return next(iter(self._read(f"component_type = {literal(kind)}", "LIMIT 1")), None) is not None

    def _names(self, kind: str) -> dict[str, list[Area]]:
        if kind not in self.names:
            by_name: dict[str, list[Area]] = {}
            for area in self._read(f"component_type = {literal(kind)} AND name IS NOT NULL"):
                by_name.setdefault(plain(area.name), []).append(area)
            self.names[kind] = by_name
        return self.names[kind]

    def _read(self, where: str, limit: str = ""):
        with duckdb.connect() as con:
            rows = con.execute(
                "SELECT component_type, geoid, max_by(name, vintage), any_value(postal), any_value(state_name), "
                f"map_from_entries(list((vintage, population) ORDER BY vintage)) FROM read_parquet({literal(self.table)}) "
                f"WHERE {where} GROUP BY ALL ORDER BY ALL {limit}"
            ).fetchall()
        return [Area(*row) for row in rows]


def _is_in(area: Area, state: str) -> bool:
    return bool(state) and state in (plain(area.postal or ""), plain(area.state_name or ""))


def _begins(area: Area, wanted: str) -> bool:
    """Whether the area's name is the wanted one and one word for its kind (Wilmington city, Wake County)."""
    words = plain(area.name or "").split()
    return " ".join(words[:-1]) == wanted


def resolve(workspace: Workspace, path: Path, chosen: CustomGeography) -> CustomGeography:
    """The regions with the codes of their parts. Raises RegionError with every part that does not exist or is ambiguous."""
    parts = [part for part in chosen.parts if part.component_geoid is not None]
    if not parts:
        return chosen
    try:
        areas = Areas(build_areas(workspace))
    except MobilityError as error:
        raise InputError(
            "The areas that a region may be made of are not known",
            expected="crosswalks and files of the Census Bureau (mobility fetch mcdc_geocorr census_geography)",
            found=str(error),
        ) from error
    known = areas.of_codes(
        {(part.component_type, part.component_geoid) for part in parts if part.component_geoid.isdigit()}
    )
    problems, resolved = [], []
    for part in chosen.parts:
        try:
            resolved.append(part if part.component_geoid is None else _resolved(areas, known, part))
        except ValueError as error:
            problems.append(f"Region {part.region}: {error}")
    problems = problems or _named_twice(chosen.parts, resolved)
    if problems:
        raise RegionError(path, list(dict.fromkeys(problems)))
    return replace(chosen, parts=tuple(resolved))


def _resolved(areas: Areas, known: dict, part: Part) -> Part:
    kind, geoid = part.component_type, part.component_geoid
    area = known.get((kind, geoid)) if geoid.isdigit() else _by_name(areas, kind, geoid)
    if area is None:
        raise ValueError(_unknown(areas, kind, geoid))
    vintages = list(area.population)
    if part.vintage and part.vintage not in vintages:
        raise ValueError(
            f"{kind} {area} is no code of {part.vintage}, but of {' and '.join(vintages)}: change or leave out the vintage."
        )
    if kind == "puma" and not part.vintage:
        if len(vintages) > 1:
            raise ValueError(
                f"PUMA {geoid} is a code of 2010 and of 2020, which need not be the same area: say which in a column vintage."
            )
        return replace(part, vintage=vintages[0])
    return replace(part, component_geoid=area.geoid)


def _by_name(areas: Areas, kind: str, text: str) -> Area:
    if "," not in text:
        raise ValueError(f"{kind} {told(text)} needs its state, as in Wilmington city, DE.")
    # A town has two codes; the later one is last.
    found = list(
        {each.geoid[-5:] if kind == "town" else each.geoid: each for each in areas.called(kind, text)}.values()
    )
    if len(found) > 1:
        raise ValueError(f"{told(text)} may be {' or '.join(map(str, found[:6]))}: give the code.")
    if not found:
        near = areas.alike(kind, text)
        hint = f" Is {' or '.join(near)} meant?" if near else ""
        raise ValueError(f"no {kind} is called {told(text)}.{hint}")
    return found[0]


def _unknown(areas: Areas, kind: str, geoid: str) -> str:
    if not areas.is_known(kind):
        return f"no {kind} is known, because the files that name them are not landed: mobility fetch census_geography."
    if kind != "zcta" and geoid.startswith("72"):
        return f"{kind} {geoid} is in Puerto Rico, for which no metric has values."
    if others := areas.other_types(geoid):
        return f"{geoid} is no {kind} but a {' and a '.join(others)}: change component_type."
    near = ", ".join(map(str, areas.near(kind, geoid)))
    return f"{kind} {geoid} does not exist." + (f" Near it: {near}." if near else "")


def _named_twice(given, resolved: list[Part]) -> list[str]:
    """Parts that a name and a code, or two spellings, give twice with more than the whole of it."""
    weights: dict[tuple, Decimal] = {}
    for part in resolved:
        key = (part.region, part.component_type, part.component_geoid)
        if part.component_geoid is not None:
            weights[key] = weights.get(key, Decimal(0)) + Decimal(part.weight)
    return [
        f"Region {region}: the weights of {kind} {geoid} add up to {total}, which is more than the whole of it."
        for (region, kind, geoid), total in weights.items()
        if total > 1
    ]
