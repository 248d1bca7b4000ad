"""What a region file covers: residents by census, PUMAs and how well they fit, parts that overlap, people near an edge."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb

from pipeline.errors import MissingInput
from pipeline.plan.custom import CustomGeography, NotCombined
from pipeline.plan.plan import Plan
from pipeline.plan.step import Step
from pipeline.quoting import literal
from pipeline.region.problems import RegionError
from pipeline.run import request
from pipeline.run.workspace import Workspace

# Tracts whose center of population lies within this distance of a polygon's edge may belong to the other side.
NEAR_EDGE_METERS = 1000
# Shares of tracts are rounded to four decimals when they are brought over from the other census.
OVERLAP = 0.0005


def describe(workspace: Workspace, path: Path, chosen: CustomGeography) -> dict:
    """What the regions cover, as JSON-able values.

    ``{"geography", "file", "sha256", "regions": [{"region", "name", "parts", "population", "states", "pumas", "quality",
    "overlap_share", "near_edge", "notes"}], "overlaps", "metrics", "not_combined"}``. Raises RegionError where parts of a
    region overlap, and whatever keeps a table of the regions from being made.
    """
    tables = refuse_overlaps(workspace, path, chosen)
    with duckdb.connect() as con:
        for name, table in tables.items():
            con.execute(f"CREATE VIEW {name} AS FROM read_parquet({literal(table)})")
        codes = dict.fromkeys(part.region for part in chosen.parts)
        regions = [_region(con, chosen, region, "region_tract" in tables) for region in codes]
        overlaps = _overlaps(con) if "region_tract" in tables else []
    combined, refused = _metrics(workspace.plan, chosen)
    return {
        "geography": chosen.name,
        "file": chosen.file,
        "sha256": chosen.sha256,
        "regions": regions,
        "overlaps": overlaps,
        "metrics": combined,
        "not_combined": refused,
    }


def refuse_overlaps(workspace: Workspace, path: Path, chosen: CustomGeography) -> dict:
    """The tables of the regions by name: ``allocation_region`` and, where files are landed, ``region_tract`` and ``tract``.

    Raises RegionError where parts of a region have people in common, and whatever keeps the allocation from being made.
    """
    tables = _made(workspace, chosen, "region_tract", "tract")
    if "region_tract" in tables:
        with duckdb.connect() as con:
            for name, table in tables.items():
                con.execute(f"CREATE VIEW {name} AS FROM read_parquet({literal(table)})")
            if problems := _overlapping_parts(con):
                raise RegionError(path, problems)
    return tables | _made(workspace, chosen, "allocation_region")


def _made(workspace: Workspace, chosen: CustomGeography, *names: str) -> dict:
    """Tables of the regions by name, made where they are out of date; those that no file is landed for are left out."""
    steps: dict[str, Step] = {}
    for name in names:
        try:
            steps[name] = workspace.plan.geography(name, region=chosen.name)
        except MissingInput:
            if name == "allocation_region":
                raise
    request.complete(list(steps.values()), workspace)
    return {name: workspace.store.local(step.address) for name, step in steps.items()}


def _region(con, chosen: CustomGeography, region: str, by_tract: bool) -> dict:
    parts = [part for part in chosen.parts if part.region == region]
    where = f"geoid = {literal(region)}"
    fits = con.execute(
        "SELECT crosswalk_period, count(*), any_value(geographic_allocation_quality), any_value(round(sum_products, 4)), "
        f"list(DISTINCT statefip ORDER BY statefip) FROM allocation_region WHERE {where} GROUP BY 1 ORDER BY 1 DESC"
    ).fetchall()
    population, lacking = {}, []
    if by_tract:
        population = dict(
            con.execute(
                "SELECT vintage, round(sum(share * population))::BIGINT FROM region_tract JOIN tract USING (vintage, tract_geoid) "
                f"WHERE {where} GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
        placed = {
            (kind, code)
            for kind, code in con.execute(
                f"SELECT DISTINCT part_type, part_geoid FROM region_tract WHERE {where}"
            ).fetchall()
        }
        lacking = [part for part in parts if (part.component_type, part.component_geoid or "") not in placed]
    notes = []
    if lacking or not by_tract:
        listed = ", ".join(f"{part.component_type} {part.component_geoid}" for part in (lacking or parts)[:5])
        notes.append(
            f"The tracts of {listed} are not known: metrics made of tracts have no values (mobility fetch census_geography mcdc_geocorr)."
        )
        population = {} if lacking else population
    for period, census in (("pre-2022", "2010"), ("2022", "2020")):
        if period not in [row[0] for row in fits]:
            notes.append(
                f"A part is not known in {census}: microdata have no values of {'years before 2022' if period == 'pre-2022' else '2022 and later'}."
            )
    notes += _vintage_notes(parts)
    return {
        "region": region,
        "name": next((part.name for part in parts if part.name), ""),
        "parts": dict(Counter(part.component_type for part in parts)),
        "population": population,
        "states": sorted({state for row in fits for state in row[4]}),
        "pumas": {row[0]: row[1] for row in fits},
        "quality": {row[0]: row[2] for row in fits},
        "overlap_share": {row[0]: row[3] for row in fits},
        "near_edge": _near_edge(con, parts) if by_tract else {},
        "notes": notes,
    }


def _overlapping_parts(con) -> list[str]:
    """Pairs of parts of a region that have tracts in common, with the people in common (2020), in sentences."""
    rows = con.execute(
        f"""
        WITH
        crowded AS (SELECT geoid, tract_geoid FROM region_tract WHERE vintage = '2020' GROUP BY ALL HAVING sum(share) > 1 + {OVERLAP}),
        parts AS (FROM region_tract SEMI JOIN crowded USING (geoid, tract_geoid) WHERE vintage = '2020')
        SELECT geoid, one.part_type || ' ' || one.part_geoid, other.part_type || ' ' || other.part_geoid,
               round(sum(least(one.share, other.share) * population))::BIGINT
        FROM parts AS one JOIN parts AS other USING (geoid, tract_geoid)
        JOIN (FROM tract WHERE vintage = '2020') USING (tract_geoid)
        WHERE (one.part_type, one.part_geoid) < (other.part_type, other.part_geoid)
        GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3"""
    ).fetchall()
    return [
        f"Region {region}: {one} and {other} have {people:,} people in common; take one of them out."
        for region, one, other, people in rows
    ]


def _overlaps(con) -> list[dict]:
    """Pairs of regions that have tracts in common, with the people in common (2020)."""
    rows = con.execute(
        """
        WITH
        regions AS (SELECT geoid, tract_geoid, least(sum(share), 1) AS share FROM region_tract WHERE vintage = '2020' GROUP BY ALL)
        SELECT one.geoid, other.geoid, round(sum(least(one.share, other.share) * population))::BIGINT
        FROM regions AS one JOIN regions AS other USING (tract_geoid)
        JOIN (FROM tract WHERE vintage = '2020') USING (tract_geoid)
        WHERE one.geoid < other.geoid GROUP BY ALL HAVING sum(population) > 0 ORDER BY ALL"""
    ).fetchall()
    return [{"regions": [one, other], "people": people} for one, other, people in rows]


def _near_edge(con, parts) -> dict[str, float]:
    """Share of the residents in and around a polygon whose tract's center lies near its edge, by census."""
    shapes = [part.shape for part in parts if part.shape]
    if not shapes:
        return {}
    import geopandas

    shape = geopandas.GeoSeries.from_wkb([bytes.fromhex(each) for each in shapes], crs="EPSG:4269")
    system = shape.estimate_utm_crs()
    edge = shape.to_crs(system).boundary.union_all()
    west, south, east, north = shape.total_bounds
    margin = 0.05
    found: dict[str, float] = {}
    for vintage in ("2010", "2020"):
        near = con.execute(
            "SELECT longitude, latitude, population, coalesce(share, 0) FROM tract LEFT JOIN region_tract USING (vintage, tract_geoid) "
            f"WHERE vintage = '{vintage}' AND longitude BETWEEN {west - margin} AND {east + margin} "
            f"AND latitude BETWEEN {south - margin} AND {north + margin}"
        ).fetchall()
        if not near:
            continue
        points = geopandas.GeoSeries.from_xy(
            [row[0] for row in near], [row[1] for row in near], crs="EPSG:4269"
        ).to_crs(system)
        is_near = points.distance(edge) <= NEAR_EDGE_METERS
        inside = sum(row[2] for row in near if row[3] > 0)
        doubtful = sum(row[2] for row, close in zip(near, is_near, strict=True) if close)
        found[vintage] = round(doubtful / inside, 4) if inside else None
    return found


def _vintage_notes(parts) -> list[str]:
    return [
        f"{part.component_type} {part.component_geoid} is a code of {part.vintage}; tables of the other census get it by land area."
        for part in parts
        if part.vintage
    ][:5]


def _metrics(plan: Plan, chosen: CustomGeography) -> tuple[list[str], dict[str, str]]:
    """The metrics that the regions can have, and why the others cannot."""
    combined, refused = [], {}
    for slug, metric in plan.catalog.metrics.items():
        try:
            plan.refuse_uncombined(slug, max(metric.years), chosen.name)
            combined.append(slug)
        except NotCombined as error:
            refused[slug] = str(error)
    return combined, refused
