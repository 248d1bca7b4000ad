"""Deaths due to injury against the published file (card injury-deaths, section 12)."""

import duckdb
import pytest

NAME = "rate_injury_death"


@pytest.fixture(scope="module")
def built(build_store, shared, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("injuries"), ("injury-deaths",))


def side_by_side(built, published, year):
    return f"""(SELECT p.state || p.county AS published_geoid, p.{NAME}::DOUBLE AS published, p.{NAME}_lb::DOUBLE AS published_lower,
                       p.{NAME}_ub::DOUBLE AS published_upper, p.{NAME}_quality::INT AS published_quality, o.*
                FROM (FROM {published("rate_injury_deaths_metric_all_county.csv.gz")} WHERE year = '{year}') AS p
                FULL JOIN {built.metric("injury-deaths", year)} AS o ON p.state || p.county = o.geoid)"""


def test_2020_from_the_publishers_51_workbooks(built, published):
    """2,877 rates at one decimal and those of the two successors of Valdez-Cordova; every flag and NULL."""
    rows = side_by_side(built, published, 2020)
    assert duckdb.sql(
        f"""SELECT count(*), count(geoid), count(published_geoid), count(published), count(value),
                   count(*) FILTER (published = value),
                   count(*) FILTER (published_quality IS NOT DISTINCT FROM quality)
            FROM {rows}"""
    ).fetchone() == (3143, 3143, 3143, 2879, 2879, 2879, 3143)


def test_bounds_of_2020_are_those_of_the_cards_formulas(built, published):
    """2,875 lower and 2,874 upper bounds of 2,877 are equal and all of 100 deaths and more; the others differ by 0.1."""
    rows = side_by_side(built, published, 2020)
    found = duckdb.sql(
        f"""SELECT count(*) FILTER (published_lower = lower), count(*) FILTER (published_upper = upper),
                   max(abs(published_lower - lower)), max(abs(published_upper - upper)),
                   count(*) FILTER (numerator >= 100),
                   count(*) FILTER (numerator >= 100 AND published_lower = lower AND published_upper = upper)
            FROM {rows} WHERE geoid NOT IN ('02063', '02066')"""
    ).fetchone()
    assert found == (2875, 2874, pytest.approx(0.1), pytest.approx(0.1), 1756, 1756)


VALUES = {2014: 2861, 2015: 2874, 2016: 2874, 2017: 2871, 2018: 2876, 2019: 2875}


@pytest.mark.parametrize("year", VALUES)
def test_crude_rates_of_the_earlier_round_equal_published(built, published, year):
    """Its table has no deaths, bounds and standard errors of crude rates, so there are no bounds and flags to compare."""
    rows = side_by_side(built, published, year)
    assert duckdb.sql(
        f"""SELECT count(*), count(geoid), count(published_geoid), count(published), count(*) FILTER (published = value),
                   count(*) FILTER ((published IS NULL) = (value IS NULL)), count(lower), count(quality)
            FROM {rows}"""
    ).fetchone() == (3142, 3142, 3142, VALUES[year], VALUES[year], 3142, 0, 0)


@pytest.mark.parametrize(
    ("geoid", "expected"),
    [
        ("01001", (68.6, 58.8, 78.3, 1, None)),
        ("16071", (112.1, 72.5, 165.4, 1, None)),
        ("02063", (None, None, None, 3, "rate of the area that was split")),
    ],
)
def test_check_values_of_the_card(built, geoid, expected):
    row = duckdb.execute(
        f"SELECT value, lower, upper, quality, note FROM {built.metric('injury-deaths', 2020)} WHERE geoid = ?", [geoid]
    ).fetchone()
    assert row == expected if expected[0] else row[3:] == expected[3:]
