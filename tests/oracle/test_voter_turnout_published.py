"""Voter turnout from the returns and the citizens of voting age at hand (card voter-turnout, section 12)."""

import zipfile

import duckdb
import pytest

from pipeline import readers
from pipeline.catalog.models import RawFile
from pipeline.run import functions


@pytest.fixture(scope="module")
def built(build_store, shared, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("turnout"), ("voter-turnout",), (2020,))


def side_by_side(built, published, year):
    return f"""(SELECT p.state || p.county AS published_geoid, o.geoid, p.election_turnout::DOUBLE AS published,
                       p.election_turnout_quality::INT AS published_quality, o.* EXCLUDE (geoid)
                FROM {published(f"voter-turnout-{year}.csv.gz")} AS p
                FULL JOIN {built.metric("voter-turnout", year)} AS o ON p.state || p.county = o.geoid)"""


def test_counties_of_2020_equal_published(built, published):
    rows = side_by_side(built, published, 2020)
    assert duckdb.sql(
        f"SELECT count(*), count(geoid), count(published_geoid), count(published) FROM {rows}"
    ).fetchone() == (3143, 3143, 3143, 3112)
    equal, flags, judged = duckdb.sql(
        f"SELECT count(*) FILTER (abs(published - value) <= 1e-12), count(*) FILTER (published_quality = quality), "
        f"count(*) FILTER (published_quality IS DISTINCT FROM quality) FROM {rows}"
    ).fetchone()
    assert (equal, flags, judged) == (3111, 3112, 0)


def test_the_one_county_without_a_value_lacks_votes_in_the_file_at_hand(built, published):
    rows = side_by_side(built, published, 2020)
    assert duckdb.sql(
        f"SELECT geoid, published, quality, note FROM {rows} WHERE (published IS NULL) <> (value IS NULL)"
    ).fetchall() == [("06077", 0.6168181137884586, 1, "the votes for one candidate or more are missing in the returns")]


def test_votes_of_2020_are_all_there(built):
    """158,474,072 of the card's section 12; Alaska's, Kansas City's and those of 06077 are in no value."""
    staged = duckdb.sql(
        f"SELECT sum(votes) FILTER (geoid IS NOT NULL OR state_po = 'DC') FROM {built.table('staged/presidential_votes_county/2020')}"
    ).fetchone()
    assert staged == (158474072,)


@pytest.mark.parametrize(
    ("geoid", "value", "quality"),
    [
        ("01001", 0.6618207816968541, 1),
        ("29095", 0.38114994275512776, 1),
        ("11001", 0.6521585152218171, 1),
        ("46061", 1, 1),
        ("08111", 1, 3),
        ("15005", None, None),
    ],
)
def test_check_values_of_the_card(built, geoid, value, quality):
    row = duckdb.execute(
        f"SELECT value, quality FROM {built.metric('voter-turnout', 2020)} WHERE geoid = ?", [geoid]
    ).fetchone()
    assert row == (value, quality)


def test_votes_of_2016_fit_the_published_shares(build_store, shared, published, tmp_path):
    """The citizens of 2012 to 2016 are not at hand. Made up here, they leave the votes, which over the published share must
    give a multiple of 5, as the Census Bureau rounds: 3,108 of the 3,108 shares below 1."""
    (tmp_path / "raw").mkdir()
    for folder in ("mit_elections", "urban-population"):
        (tmp_path / "raw" / folder).symlink_to(shared / "raw" / folder)
    counties = duckdb.sql(f"SELECT state || county FROM {published('voter-turnout-2016.csv.gz')}").fetchall()
    lines = ["GEONAME,LNTITLE,GEOID,LNNUMBER,CVAP_EST,CVAP_MOE"]
    lines += [f"x,Total,05000US{geoid},1,75000,1" for (geoid,) in counties]
    (tmp_path / "raw/census_cvap").mkdir()
    with zipfile.ZipFile(tmp_path / "raw/census_cvap/CVAP_2012-2016_ACS_csv_files.zip", "w") as archive:
        archive.writestr("County.csv", "\n".join(lines))
    made_up = build_store(tmp_path / "raw", tmp_path / "store", ("voter-turnout",), (2016,))
    rows = side_by_side(made_up, published, 2016)
    assert duckdb.sql(
        f"""SELECT count(*), count(published), count(*) FILTER ((published IS NULL) <> (numerator IS NULL)),
                   count(*) FILTER (published < 1),
                   count(*) FILTER (published < 1 AND abs(numerator / published / 5 - round(numerator / published / 5)) < 1e-6)
            FROM {rows}"""
    ).fetchone() == (3142, 3112, 0, 3108, 3108)


def test_a_real_boundary_file_is_read(shared):
    """Places of Utah 2019: all of them, and Salt Lake City's land and water (287.9 km2) to the detail of the outlines."""
    path = shared / "raw/census_geography/cb_2019_49_place_500k.zip"
    columns = {"STATEFP": {"type": "fips", "width": 2}, "PLACEFP": {"type": "fips", "width": 5}, "geometry": {}}
    spec = RawFile(path=path.name, reader="shapefile", projection="EPSG:5070", columns=columns)
    con = duckdb.connect()
    readers.read(con, "raw", spec, [(path.name, path)], "2019")
    functions.register(con, {"shape_area"})
    count, area = con.execute(
        "SELECT count(*), max(shape_area(unhex(geometry))) FILTER (STATEFP || PLACEFP = '4967000') / 1e6 FROM raw"
    ).fetchone()
    assert count == 327
    assert area == pytest.approx(286.707429 + 1.216725, abs=0.3)
