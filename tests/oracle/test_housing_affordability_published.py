"""Housing affordability against published values, as far as real inputs reach.

At hand are HUD's limits of fiscal year 2022 but no microdata of 2022, so the ratios cannot be recomputed. The limits
are checked through the published ratios of 2022; the microdata of Illinois 2018 lack columns, which has to be said.
"""

from __future__ import annotations

import duckdb
import pytest

from conftest import made
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

PUBLISHED = "housing_county_2014_2015_2016_2017_2018_2019_2021_2022_2023.csv.gz"


@pytest.fixture(scope="module")
def limits(shared, tmp_path_factory):
    """Relations of the geography tables that the limits of 2022 are made from, by name."""
    store = tmp_path_factory.mktemp("limits")
    workspace = Workspace.of(Settings.of(shared / "raw", store))
    tables = ("income_limit_county", "income_limit_place", "puma_to_county", "puma_to_place", "county_universe")
    steps = [workspace.plan.geography(table, "2022") for table in tables]
    made(workspace, steps)
    return {step.name: f"read_parquet('{workspace.store.local(step.address)}')" for step in steps}


def test_every_county_and_place_of_2022_has_three_limits(limits):
    counties = duckdb.sql(f"""
        SELECT count(DISTINCT geoid), count(income_limit), min(income_limit) FROM {limits["county_universe"]} AS u
        JOIN {limits["income_limit_county"]} AS l USING (geoid) WHERE year = 2022""").fetchone()
    assert counties == (3144, 3 * 3144, 27050)
    places = duckdb.sql(f"""
        SELECT count(DISTINCT geoid), count(DISTINCT geoid) FILTER (l.geoid IS NOT NULL)
        FROM {limits["puma_to_place"]} AS p LEFT JOIN {limits["income_limit_place"]} AS l USING (geoid)
        WHERE crosswalk_period = '2022'""").fetchone()
    assert places == (486, 486)


def test_connecticut_and_alaska_have_the_codes_of_2022(limits):
    rows = duckdb.sql(f"""
        SELECT geoid, income_limit, rows_of_county FROM {limits["income_limit_county"]}
        WHERE level = 50 AND substr(geoid, 1, 2) IN ('02', '09')""").fetchall()
    found = {geoid: (limit, count) for geoid, limit, count in rows}
    connecticut = [geoid for geoid in found if geoid.startswith("09")]
    assert connecticut == [f"09{region}" for region in range(110, 200, 10)]
    assert sum(found[geoid][1] for geoid in connecticut) == 169
    # Greater Bridgeport: six towns of one HUD area; Valdez-Cordova's limit for both of its parts
    assert found["09120"] == (56300, 6)
    assert found["02063"] == found["02066"] == (55100, 1) and "02261" not in found


@pytest.fixture(scope="module")
def single_puma_counties(limits, published):
    """Published ratios of 2022 of counties that are part of one PUMA, with the computed limit, one row per level."""
    affordable, available = (
        " ".join(f"WHEN {level} THEN share_{name}_{level}_ami::DOUBLE" for level in (30, 50, 80))
        for name in ("affordable", "affordable_available")
    )
    return f"""(
        SELECT statefip, puma, level, income_limit, 1 / afact AS x,
               CASE level {affordable} END AS affordable, CASE level {available} END AS available
        FROM (FROM {limits["puma_to_county"]} WHERE crosswalk_period = '2022'
              QUALIFY count(*) OVER (PARTITION BY geoid) = 1)
        JOIN {limits["income_limit_county"]} USING (geoid)
        JOIN (SELECT * EXCLUDE (state, county), state || county AS geoid FROM {published(PUBLISHED)}
              WHERE year = '2022') USING (geoid)
        WHERE affordable IS NOT NULL)"""


def groups(counties: str, keys: str, condition: str):
    """Level, number of groups of counties, and how many of them lie on one straight line.

    Within a PUMA, (allocated occupied units + vacant units) / allocated households is linear in x = 1 / afact where the
    limits are equal, and the measures differ by a constant (card housing-affordability, quirk 1).
    """
    return duckdb.sql(f"""
        WITH ends AS (
            SELECT {keys}, level, min(x) AS x0, arg_min(affordable, x) AS y0,
                   (arg_max(affordable, x) - y0) / (max(x) - x0) AS slope,
                   max(affordable - available) - min(affordable - available) AS spread
            FROM {counties} GROUP BY {keys}, level HAVING count(DISTINCT x) > 1 AND {condition}),
        lines AS (
            SELECT {keys}, level, max(spread) AS spread, max(abs(affordable - (y0 + slope * (x - x0)))) AS distance
            FROM {counties} JOIN ends USING ({keys}, level) GROUP BY {keys}, level)
        SELECT level, count(*), count(*) FILTER (spread < 1e-9 AND distance < 1e-9)
        FROM lines GROUP BY level ORDER BY level""").fetchall()


def test_counties_with_equal_limits_lie_on_a_line(single_puma_counties):
    """All 846 groups of counties to which the computed limits give the same value behave as the card's quirk 1 says."""
    found = groups(single_puma_counties, "statefip, puma, income_limit", "true")
    assert found == [(30, 307, 307), (50, 228, 228), (80, 311, 311)]


def test_counties_with_other_limits_do_not(single_puma_counties):
    """The line is no accident: where the computed limits of a PUMA's counties differ, it is mostly broken."""
    for _, count, straight in groups(single_puma_counties, "statefip, puma", "count(DISTINCT income_limit) > 1"):
        assert straight < 0.25 * count


def test_illinois_2018_says_what_its_file_lacks(shared, tmp_path):
    """No OWNCOST, RENT, VALUEH and vacant units; the limits of 2022 stand in for those of 2018, which are not at hand."""
    raw = tmp_path / "raw"
    for folder in ("ipums_usa", "geocorr", "reconstructed", "urban-population", "ct-town-to-planning-region"):
        (raw / folder).parent.mkdir(parents=True, exist_ok=True)
        (raw / folder).symlink_to(shared / "raw" / folder)
    (raw / "hud").mkdir()
    limits = (shared / "raw" / "hud" / "Section8-FY22.csv").read_bytes().replace(b"median2022", b"median2018")
    (raw / "hud" / "Section8-FY18.csv").write_bytes(limits)
    workspace = Workspace.of(Settings.of(raw, tmp_path / "store", provider="ipums"))
    step = workspace.plan.metric("housing-affordability", 2018, "county")
    made(workspace, [step])
    table = f"read_parquet('{workspace.store.local(step.address)}')"
    rows = duckdb.sql(f"""
        SELECT subgroup, note, count(DISTINCT geoid), count(value), max(sample_size) > 30
        FROM {table} WHERE geoid LIKE '17%' GROUP BY ALL ORDER BY ALL""").fetchall()
    owners, renters = "owner costs, values of vacant units", "rents, rents of vacant units"
    assert rows == [
        ("All", f"no input: {owners}, {renters}", 102, 0, True),
        ("Owner", f"no input: {owners}", 102, 0, True),
        ("Renter", f"no input: {renters}", 102, 0, True),
    ]
    others = duckdb.sql(f"SELECT DISTINCT note FROM {table} WHERE geoid NOT LIKE '17%'").fetchall()
    assert others == [("no input for state",)]
