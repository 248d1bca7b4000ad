"""Social capital from real and reconstructed files against the published ones (card social-capital, sections A12 and B12)."""

import duckdb
import pytest

RATE, SHARE = "count_membership_associations_per_10k", "share_economic_connectedness"
FILES = {RATE: "social_associations_all_county.csv.gz", SHARE: "economic_connectedness_version2025_county_2022.csv.gz"}


@pytest.fixture(scope="module")
def built(build_store, shared, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("social"), ("social-capital",))


def side_by_side(built, published, measure, year):
    return f"""(SELECT p.state || p.county AS published_geoid, p.{measure}::DOUBLE AS published,
                       p.{measure}_quality::INT AS published_quality, p.* EXCLUDE (year), o.*
                FROM (FROM {published(FILES[measure])} WHERE year = '{year}') AS p
                FULL JOIN (FROM {built.metric("social-capital", year)} WHERE measure = '{measure}') AS o
                ON p.state || p.county = o.geoid)"""


def test_connectedness_of_counties_equals_published(built, published):
    """End to end from the publisher's own file: every value, bound, flag and NULL."""
    rows = side_by_side(built, published, SHARE, 2022)
    assert duckdb.sql(
        f"""SELECT count(*), count(geoid), count(published_geoid), count(published),
                   count(*) FILTER (abs(published - value) <= 1e-12),
                   count(*) FILTER (abs({SHARE}_lb::DOUBLE - lower) <= 1e-12 AND abs({SHARE}_ub::DOUBLE - upper) <= 1e-12),
                   count(*) FILTER ((published IS NULL) = (value IS NULL)),
                   count(*) FILTER (published_quality IS NOT DISTINCT FROM quality)
            FROM {rows}"""
    ).fetchone() == (3143, 3143, 3143, 3017, 3017, 3017, 3143, 3143)


NULLS = {2014: 23, 2015: 24, 2016: 25, 2017: 141, 2018: 138, 2019: 141, 2020: 152, 2021: 154, 2022: 150}


@pytest.mark.parametrize("year", NULLS)
def test_associations_of_counties_keep_list_rounding_and_flags(built, published, year):
    """The establishments are those that the published rate implies, so values prove the rounding and the population only."""
    count = 3142 if year < 2020 else 3143 if year < 2022 else 3144
    rows = side_by_side(built, published, RATE, year)
    assert duckdb.sql(
        f"""SELECT count(*), count(geoid), count(published_geoid), count(*) - count(value),
                   count(*) FILTER (published IS NOT DISTINCT FROM value AND published_quality IS NOT DISTINCT FROM quality)
            FROM {rows}"""
    ).fetchone() == (count, count, count, NULLS[year], count)


def test_the_reconstruction_is_told(built):
    record = built.workspace.record(built.plan.metric("social-capital", 2019, "county").address)
    staged = built.workspace.record("staged/cbp_county/2019.parquet")
    assert any("A reconstruction, not a download" in note for note in staged["notes"]), record["notes"]


def test_places_have_no_input(built):
    assert not [cell for cell in built.steps if cell.name == "social-capital" and cell.geography == "place"]


def test_the_publishers_zip_file_is_read(built):
    """23,028 ZIP codes, 4,048 of them without a value (card, section B2)."""
    built.build(built.plan.staged("social_capital_zip", "2022"))
    assert duckdb.sql(
        f"SELECT count(*), count(*) - count(connectedness), min(length(zcta)) FROM {built.table('staged/social_capital_zip/2022')}"
    ).fetchone() == (23028, 4048, 5)


@pytest.mark.parametrize(
    ("geoid", "value", "lower", "upper"),
    [
        ("01001", 0.360385, 0.352241349252243, 0.368528650747757),
        ("09001", 0.350600005, 0.343642132854883, 0.357557877145117),
        ("46102", 0.165240005, 0.153588019111909, 0.176891990888091),
        ("51059", 0.59269, 0.585663529017426, 0.599716470982574),
        ("02063", None, None, None),
        ("15005", None, None, None),
    ],
)
def test_check_values_of_the_card(built, geoid, value, lower, upper):
    row = duckdb.execute(
        f"SELECT value, lower, upper FROM {built.metric('social-capital', 2022)} WHERE measure = '{SHARE}' AND geoid = ?",
        [geoid],
    ).fetchone()
    assert row == (pytest.approx((value, lower, upper), abs=1e-12) if value else (None, None, None))
