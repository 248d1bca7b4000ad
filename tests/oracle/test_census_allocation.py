"""What Geocorr's files say follows from the Census Bureau's tracts: populations, allocation factors, crosswalks."""

import shutil

import duckdb
import pytest

from conftest import made
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings


@pytest.fixture(scope="module")
def without_geocorr(shared, tmp_path_factory):
    """A workspace over the real Census files alone."""
    folder = tmp_path_factory.mktemp("census")
    shutil.copytree(shared / "raw/census_geography", folder / "raw/census_geography")
    return Workspace.of(Settings.of(folder / "raw", folder / "store"))


@pytest.fixture(scope="module")
def with_geocorr(shared, tmp_path_factory):
    return Workspace.of(Settings.of(shared / "raw", tmp_path_factory.mktemp("geocorr")))


def relation(workspace, table, vintage):
    """A staged table that is made for it, as a relation, and the step's form and notes."""
    (step,) = workspace.plan.staged(table, vintage)
    made(workspace, [step])
    return f"read_parquet('{workspace.store.local(step.address)}')", step


def compared(without_geocorr, with_geocorr, table, vintage, where="true"):
    """Rows of both, of each, and how many have the same population, afact and afact2."""
    ours, step = relation(without_geocorr, table, vintage)
    theirs, geocorr = relation(with_geocorr, table, vintage)
    assert (step.entry["form"], geocorr.entry["form"][:7]) == ("census_tracts", "geocorr")
    assert step.notes and "Geocorr's file is not landed" in step.notes[0]
    return duckdb.sql(f"""
        SELECT count(*), count(ours.puma), count(theirs.puma), count(*) FILTER (ours.population = theirs.population),
               count(*) FILTER (ours.afact = theirs.afact), count(*) FILTER (ours.afact2 = theirs.afact2)
        FROM {ours} AS ours FULL JOIN {theirs} AS theirs USING (statefip, puma, county) WHERE {where}""").fetchone()


def test_all_factors_of_geocorr_2018(without_geocorr, with_geocorr):
    assert compared(without_geocorr, with_geocorr, "geocorr_puma_county", "2018") == (4545,) * 6


def test_all_factors_of_geocorr_2022(without_geocorr, with_geocorr):
    """50 states and DC without Connecticut, and Puerto Rico."""
    tables = (without_geocorr, with_geocorr, "geocorr_puma_county", "2022")
    assert compared(*tables, "statefip NOT IN ('09', '72')") == (4584,) * 6
    assert compared(*tables, "statefip = '72'") == (79,) * 6


def test_connecticut_by_county_differs_where_geocorr_adds_residents(without_geocorr, with_geocorr):
    """Geocorr has 1,089 more residents of New Haven County in PUMA 20702; no crosswalk reads Connecticut's old counties of
    2022."""
    ours, _ = relation(without_geocorr, "geocorr_puma_county", "2022")
    theirs, _ = relation(with_geocorr, "geocorr_puma_county", "2022")
    assert duckdb.sql(f"""
        SELECT puma, county, ours.population, theirs.population
        FROM {ours} AS ours FULL JOIN {theirs} AS theirs USING (statefip, puma, county)
        WHERE ours.population IS DISTINCT FROM theirs.population""").fetchall() == [("20702", "009", 61850, 62939)]


def test_planning_regions(without_geocorr, with_geocorr):
    """All parts and allocation factors but those of PUMA 20702, where Geocorr has 1,089 more residents: 726 in a second planning
    region of tract 343101, for which the relation file gives one, and 363 in the first."""
    ours, _ = relation(without_geocorr, "geocorr_puma_planning_region", "2022")
    theirs, _ = relation(with_geocorr, "geocorr_puma_planning_region", "2022")
    rows = duckdb.sql(f"""
        SELECT puma, ours.population, theirs.population, ours.afact, theirs.afact
        FROM {ours} AS ours FULL JOIN {theirs} AS theirs USING (statefip, puma, county)
        WHERE (ours.population, ours.afact) IS DISTINCT FROM (theirs.population, theirs.afact)
        ORDER BY ours.population""").fetchall()
    assert rows == [("20702", 177009, 177372, 1.0, 0.9959), ("20702", None, 726, None, 0.0041)]
