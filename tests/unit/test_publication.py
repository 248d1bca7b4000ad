"""How numbers are printed in published files (card publication-files, section 9)."""

import duckdb
import pytest

from pipeline import catalog, settings
from pipeline.publish.columns import column_role


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    connection.execute((settings.SQL / "macros" / "publication.sql").read_text(encoding="utf-8"))
    return connection


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (73.0, "73"),
        (-2.0, "-2"),
        (0.7321081, "0.7321081"),
        (17647.4375, "17647.4375"),
        (20783.639249999997, "20783.639249999997"),
        (5.34253306630402e-4, "5.34253306630402e-4"),
        (-0.00012, "-1.2e-4"),
        (1e-4, "1e-4"),
        (3.5e-7, "3.5e-7"),
        (0.001, "0.001"),
        (None, None),
    ],
)
def test_shortest_text_that_reads_back(con, number, text):
    printed = con.execute("SELECT published_number(?::DOUBLE, 'number')", [number]).fetchone()[0]
    assert printed == text
    assert number is None or float(printed) == number


def test_ten_decimals_have_no_exponent(con):
    assert (
        con.execute(
            "SELECT published_number(in_published_digits(0.00097608589, 'ten_decimals'), 'ten_decimals')"
        ).fetchone()[0]
        == "0.0009760859"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.0005, "0.0005"),
        (0.001, "0.001"),
        (-0.0005, "-0.0005"),
        (0.0010000512345678, "0.0010000512345678"),
    ],
)
def test_ten_decimals_are_printed_without_zeros_at_their_end(con, number, text):
    # Rounding is in_published_digits; from 0.001 on numbers are printed as all others
    assert con.execute("SELECT published_number(?::DOUBLE, 'ten_decimals')", [number]).fetchone()[0] == text


def test_ten_decimals_are_rounded(con):
    query = "SELECT in_published_digits(0.123456789051, 'ten_decimals'), in_published_digits(0.123456789051, 'number')"
    assert con.execute(query).fetchone() == (0.1234567891, 0.123456789051)


def test_quality_in_words(con):
    words = [
        con.execute("SELECT published_quality(?::INTEGER)", [flag]).fetchone()[0] for flag in (0, 1, 2, 3, 4, None)
    ]
    assert words == [None, "Strong", "Marginal", "Weak", None, None]


def test_seven_digits(con):
    assert con.execute("SELECT in_published_digits(0.7321080565452576, 'seven_digits')").fetchone()[0] == 0.7321081


def test_a_pair_of_shares_has_three_decimals_each(con):
    assert con.execute("SELECT published_pair(0.04, 0.03)").fetchone()[0] == "0.040:0.030"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("count_homeless", ("count_homeless", "value")),
        ("count_homeless_lb", ("count_homeless", "lower")),
        ("pctl_income_20_ub", ("pctl_income_20", "upper")),
        ("share_homeless_quality", ("share_homeless", "quality")),
    ],
)
def test_a_columns_role_is_its_suffix(column, expected):
    assert column_role(column) == expected


def test_every_measure_of_a_metric_is_published():
    published = {
        column_role(column)[0] for file in catalog.load().publication.files.values() for column in file.columns
    }
    assert {measure for metric in catalog.load().metrics.values() for measure in metric.measures} <= published
