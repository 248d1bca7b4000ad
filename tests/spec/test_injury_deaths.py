"""Deaths due to injury by hand: every rule of sql/metrics/injury-deaths.sql, and exact bounds of counts."""

import duckdb
import pytest
from examples import table

from pipeline.run import functions

WONDER = "geoid VARCHAR, subgroup VARCHAR, deaths BIGINT, rate DOUBLE, lower DOUBLE, upper DOUBLE, standard_error DOUBLE, reason VARCHAR"
DEFAULTS = {
    "subgroup": "All",
    "deaths": 100,
    "rate": 50.0,
    "lower": 40.2,
    "upper": 59.8,
    "standard_error": 5.0,
    "reason": None,
}
CHANGES = [("46113", "46102", 2015), ("02270", "02158", 2015), ("02261", "02063", 2020), ("02261", "02066", 2020)]
COUNTIES = ["01001", "01003", "02063", "02066", "46102"]
BLACK, OTHER = "Black, Non-Hispanic", "Other Races and Ethnicities"


@pytest.fixture
def rates(run_sql):
    """Rows by county and group."""

    def run(exported=(), year=2021, counties=COUNTIES, rankings=(), crude=(), **variables):
        rows = run_sql(
            "metrics/injury-deaths.sql",
            variables={"year": year, "first_race_year": 2021, "fewest_deaths": 20, **variables},
            tables={
                "wonder": table(WONDER, DEFAULTS, list(exported)),
                "rankings": ("geoid VARCHAR, injury_deaths BIGINT, injury_death_rate DOUBLE", list(rankings)),
                "crude_rates": ("geoid VARCHAR, rate DOUBLE", list(crude)),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", CHANGES),
                "universe": ("year SMALLINT, geoid VARCHAR", [(year, geoid) for geoid in counties] + [(1999, "01999")]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in rows}

    return run


def shown(row):
    return tuple(row[name] for name in ("value", "lower", "upper", "quality", "note"))


def test_an_exported_rate_is_taken_with_its_bounds(rates):
    row = rates([{"geoid": "01001"}])["01001", "All"]
    assert shown(row) == (50.0, 40.2, 59.8, 1, None)
    assert (row["standard_error"], row["numerator"]) == (5.0, 100)


@pytest.mark.parametrize(
    ("rate", "error", "quality"),
    # 25 deaths: what the two rounded numbers say decides
    [
        (109.4, 21.9, 2),
        (112.1, 22.4, 1),
        (50.0, 9.9, 1),
        (50.0, 10.0, 2),
        (50.0, 19.9, 2),
        (50.0, 20.0, 3),
        (1.0, 0.1, 1),
        (2.0, 0.1, 1),
    ],
)
def test_quality_is_the_rounded_error_over_the_rounded_rate(rates, rate, error, quality):
    assert rates([{"geoid": "01001", "rate": rate, "standard_error": error}])["01001", "All"]["quality"] == quality


EMPTY = {"rate": None, "lower": None, "upper": None, "standard_error": None}


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ({**EMPTY, "deaths": None, "reason": "suppressed"}, "suppressed: fewer than 10 deaths"),
        ({**EMPTY, "deaths": 15, "reason": "unreliable"}, "suppressed: fewer than 20 deaths"),
        (
            {**EMPTY, "deaths": 15, "lower": 3.0, "upper": 5.0, "reason": "unreliable"},
            "suppressed: fewer than 20 deaths",
        ),
        # Edition 2026: no deaths are exported as a rate of 0.0
        (
            {"rate": 0.0, "lower": 0.0, "upper": 3.1, "standard_error": 0.0, "deaths": 0},
            "suppressed: fewer than 20 deaths",
        ),
        ({**EMPTY, "deaths": 2, "reason": "missing"}, "no rate in the source"),
    ],
)
def test_rates_that_are_not_shown(rates, row, note):
    assert shown(rates([{"geoid": "01001", **row}])["01001", "All"]) == (None, None, None, None, note)


def test_every_county_of_the_year_and_every_group(rates):
    found = rates([{"geoid": "01001"}, {"geoid": "01001", "subgroup": BLACK, "rate": 7.0}, {"geoid": "99999"}])
    assert len(found) == 5 * len(COUNTIES)
    assert found["01001", BLACK]["value"] == 7.0 and found["01001", BLACK]["subgroup_type"] == "race-ethnicity"
    assert found["01003", BLACK]["note"] == "not in the source"
    assert found["01003", "Hispanic"]["note"] == "no input: Hispanic"
    assert {group for _, group in rates([{"geoid": "01001", "subgroup": BLACK}, {"geoid": "01001"}], year=2020)} == {
        "All"
    }


def test_codes_that_ended(rates):
    exported = [
        {"geoid": "46113", "rate": 60.0},
        {"geoid": "02261", "rate": 20.0},
        {"geoid": "02261", "subgroup": OTHER, "rate": 30.0},
    ]
    found = rates(exported)
    assert shown(found["46102", "All"]) == (60.0, 40.2, 59.8, 1, None)
    for geoid in ("02063", "02066"):
        assert shown(found[geoid, "All"]) == (20.0, 40.2, 59.8, 3, "rate of the area that was split")
        assert (found[geoid, "All"]["standard_error"], found[geoid, "All"]["numerator"]) == (None, None)
        assert found[geoid, OTHER]["value"] == 30.0
    corrected = rates(exported, rule_rate_of_a_split_area=False)
    assert corrected["02063", "All"]["value"] is None and corrected["46102", "All"]["value"] == 60.0
    # In the first year of the new codes
    assert rates(exported, year=2015)["46102", "All"]["value"] == 60.0
    assert rates(exported, year=2020)["02063", "All"]["value"] == 20.0


def test_codes_of_2014_stay(rates):
    found = rates([{"geoid": "46113", "rate": 10.0}], year=2014, counties=["46113", "02261"])
    assert found["46113", "All"]["value"] == 10.0
    # What is said of a part of a county is not said of the whole
    assert rates([{"geoid": "02063"}], year=2014, counties=["02261"])["02261", "All"]["value"] is None
    # A source that has the new code already
    assert rates([{"geoid": "46102", "rate": 9.0}], year=2014, counties=["46113"])["46113", "All"]["value"] == 9.0


@pytest.mark.parametrize(
    ("deaths", "rate", "expected"),
    [
        # Normal from 100 deaths on: 50 -+ 1.96 x 50 / 10
        (100, 50.0, (50.0, 40.2, 59.8, 1, None)),
        # Exact below: 25 deaths are compatible with means of 16.179 to 36.905
        (99, 99.0, (99.0, 80.5, 120.5, 1, None)),
        (25, 112.08, (112.1, 72.5, 165.5, 1, None)),
        (20, 30.04, (30.0, 18.3, 46.4, 2, None)),
        (20, None, (None, None, None, None, "no rate in the source")),
        (19, 30.0, (None, None, None, None, "suppressed: fewer than 20 deaths")),
        (None, None, (None, None, None, None, "suppressed: fewer than 10 deaths")),
    ],
)
def test_counts_and_exact_rates_become_what_would_be_exported(rates, deaths, rate, expected):
    found = rates(rankings=[("01001", deaths, rate)], year=2020)
    row = shown(found["01001", "All"])
    assert row[:1] + row[3:] == expected[:1] + expected[3:]
    assert row[1:3] == pytest.approx(expected[1:3], abs=0.11) if expected[0] else row[1:3] == (None, None)


def test_what_would_be_exported_has_one_decimal(rates):
    # 33.43 -+ 1.96 x 3.343; 5,000 -+ 1.96 x 500
    found = rates(rankings=[("01001", 100, 33.43), ("01003", 100, 5000.0)], year=2020)
    names = ("value", "lower", "upper", "standard_error")
    assert tuple(found["01001", "All"][name] for name in names) == (33.4, 26.9, 40.0, 3.3)
    assert tuple(found["01003", "All"][name] for name in names) == (5000.0, 4020.0, 5980.0, 500.0)


def test_crude_rates_are_for_years_without_any_other_source(rates):
    crude = [("01001", 7.0)]
    assert rates([{"geoid": "01001"}], crude=crude)["01001", "All"]["value"] == 50.0
    assert rates(rankings=[("01001", 100, 50.0)], crude=crude)["01001", "All"]["value"] == 50.0


def test_crude_rates_alone_have_neither_bounds_nor_flag(rates):
    found = rates(crude=[("01001", 76.8), ("01003", None)], year=2016)
    assert shown(found["01001", "All"]) == (76.8, None, None, None, "no bounds and no quality in the input")
    assert found["01003", "All"]["note"] == "suppressed: fewer than 10 deaths"


def test_bounds_of_counts_are_half_the_quantiles_of_chi_squared():
    stats = pytest.importorskip("scipy.stats")
    con = duckdb.connect()
    functions.register(con, {"poisson_bounds"})
    found = con.execute("SELECT number, poisson_bounds(number) FROM range(1, 100) AS numbers(number)").fetchall()
    for count, (lower, upper) in found:
        assert lower == pytest.approx(stats.chi2.ppf(0.025, 2 * count) / 2, rel=1e-9)
        assert upper == pytest.approx(stats.chi2.ppf(0.975, 2 * count + 2) / 2, rel=1e-9)
    assert con.execute("SELECT poisson_bounds(0)[1], poisson_bounds(NULL)").fetchone() == (0.0, None)
