"""Voter turnout by hand: every rule of sql/metrics/voter-turnout.sql and of the interpolation behind it."""

import duckdb
import pytest
import shapely
from examples import table

from pipeline.run import functions

VOTES = "state_po VARCHAR, geoid VARCHAR, votes BIGINT, total_votes BIGINT"
CITIZENS = "geoid VARCHAR, citizens BIGINT, margin_of_error BIGINT"
PRECINCTS = "state VARCHAR, precinct BIGINT, votes DOUBLE, place_geoid VARCHAR, share_of_precinct DOUBLE"
PARAMETERS = {
    "county_of_unit_without_code": {"DC": "11001"},
    "states_by_district": ["AK"],
    "county_of_city_board": {"36000": "29095"},
    "votes": "candidates",
    "states_with_modelled_precincts": [],
}
REPORTED = [
    {"geoid": "01001", "votes": 300},
    {"geoid": "01001", "votes": 200},
    {"geoid": "01003", "votes": 900},
    {"geoid": "01005", "votes": 5},
    {"geoid": "01005", "votes": None},
    {"state_po": "DC", "geoid": None, "votes": 70},
    {"state_po": "RI", "geoid": None, "votes": 1374},
    {"state_po": "AK", "geoid": "02020", "votes": 50},
    {"state_po": "MO", "geoid": "29095", "votes": 38},
    {"state_po": "MO", "geoid": "36000", "votes": 27},
    {"state_po": "SD", "geoid": "46113", "votes": 10},
    {"geoid": "01013", "votes": 11},
    {"geoid": "01017", "votes": 12},
]
COUNTIES = ["01001", "01003", "01005", "01007", "01015", "01017", "02020", "11001", "29095", "46102"]


@pytest.fixture
def counties(run_sql):
    """Rows by county of 2020; every county has 800 citizens with a margin of error of 10 unless said otherwise."""

    def run(reported=REPORTED, margins=None, listed=COUNTIES, **variables):
        lines = [{"geoid": geoid, "margin_of_error": (margins or {}).get(geoid, 10)} for geoid in COUNTIES]
        rows = run_sql(
            "metrics/voter-turnout.sql",
            variables={"year": 2020, "geography": "county", **PARAMETERS, **variables},
            tables={
                "county_votes": table(VOTES, {"state_po": "AL", "total_votes": 100}, reported),
                "county_citizens": table(CITIZENS, {"citizens": 800}, lines),
                "county_code_change": (
                    "old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT",
                    [("46113", "46102", 2015), ("01013", "01015", 2020), ("01017", "01019", 2021)],
                ),
                "precinct_votes": (PRECINCTS, []),
                "place_citizens": (CITIZENS, []),
                "universe": ("year SMALLINT, geoid VARCHAR", [(2020, geoid) for geoid in listed] + [(2016, "01009")]),
            },
        )
        assert len(rows) == len(listed)
        return {row["geoid"]: row for row in rows}

    return run


def test_turnout_is_all_votes_over_citizens_of_voting_age(counties):
    row = counties()["01001"]
    assert (row["value"], row["numerator"], row["denominator"], row["quality"], row["note"]) == (
        0.625,
        500,
        800,
        1,
        None,
    )


def test_a_share_above_one_is_set_to_one_and_keeps_its_flag(counties):
    row = counties()["01003"]
    assert (row["value"], row["quality"], row["numerator"]) == (1, 1, 900)
    assert row["note"] == "set to 1: more votes than citizens of voting age"
    at_one = counties(reported=[{"geoid": "01003", "votes": 800}])["01003"]
    assert (at_one["value"], at_one["note"]) == (1, None)


def test_missing_votes_of_a_candidate_leave_no_value_but_the_flag_of_the_denominator(counties):
    row = counties()["01005"]
    assert (row["value"], row["numerator"], row["quality"]) == (None, None, 1)
    assert row["note"] == "the votes for one candidate or more are missing in the returns"


def test_units_that_are_no_county(counties):
    found = counties()
    assert found["11001"]["numerator"] == 70
    assert (found["02020"]["value"], found["02020"]["quality"]) == (None, None)
    assert found["02020"]["note"] == "votes are reported by legislative district, not by county"
    assert (found["01007"]["value"], found["01007"]["note"]) == (None, "no votes are reported for this county")
    assert set(found) == set(COUNTIES)


def test_kansas_city_is_lost_and_in_corrected_counted_in_jackson_county(counties):
    assert counties()["29095"]["numerator"] == 38
    assert counties(rule_kansas_city_votes=False)["29095"]["numerator"] == 65


def test_a_code_that_ended_counts_for_its_successor_from_its_first_year(counties):
    found = counties()
    assert [found[geoid]["numerator"] for geoid in ("46102", "01015", "01017")] == [10, 11, 12]


def test_a_county_without_citizens_says_so(counties):
    row = counties(reported=[{"geoid": "01011", "votes": 5}], listed=["01011"])["01011"]
    assert (row["value"], row["quality"], row["note"]) == (None, None, "no citizens of voting age for this county")


@pytest.mark.parametrize(
    ("margin", "quality"),
    # 800 citizens: a margin of 65.8 is a coefficient of variation of 0.05, 197.4 one of 0.15
    [(65, 1), (66, 2), (197, 2), (198, 3)],
)
def test_quality_is_the_coefficient_of_variation_of_the_denominator(counties, margin, quality):
    assert counties(margins={"01001": margin})["01001"]["quality"] == quality


def test_edition_2026_takes_the_total_of_the_file(counties):
    row = counties(votes="total", reported=[{"geoid": "01001", "votes": None, "total_votes": 400}] * 3)["01001"]
    assert (row["value"], row["note"]) == (0.5, None)


@pytest.fixture
def places(run_sql):
    def run(precincts, citizens=10000, margin=100, listed=("2000001",), **variables):
        rows = run_sql(
            "metrics/voter-turnout.sql",
            variables={"year": 2020, "geography": "place", **PARAMETERS, **variables},
            tables={
                "county_votes": (VOTES, []),
                "county_citizens": (CITIZENS, []),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", []),
                "precinct_votes": (PRECINCTS, [(p[0][:2], n, p[1], p[0], p[2]) for n, p in enumerate(precincts)]),
                "place_citizens": (CITIZENS, [(geoid, citizens, margin) for geoid in listed]),
                "universe": (
                    "year SMALLINT, geoid VARCHAR",
                    [(2020, geoid) for geoid in listed] + [(2016, "2000009")],
                ),
            },
        )
        assert len(rows) == len(listed)
        return {row["geoid"]: row for row in rows}

    return run


# Precincts of the card's example: 1,000, 500 and 400 votes, of which 1, 0.9 and 0.3 lie in the place
EXAMPLE = [("2000001", 1000, 1.0), ("2000001", 500, 0.9), ("2000001", 400, 0.3)]


def test_votes_of_a_place_are_those_of_its_parts_of_precincts(places):
    # 1000 + 450 + 120 = 1570; messiness (450 x 0.1 + 120 x 0.3) / 1570 = 81 / 1570 = 0.0516: quality 2
    row = places(EXAMPLE)["2000001"]
    assert (row["value"], row["numerator"], row["quality"]) == (pytest.approx(0.157), pytest.approx(1570), 2)


@pytest.mark.parametrize(
    ("margin", "quality"),
    # 0.05 x 1.645 x 1,000,000 = 82,250; 0.15 gives 246,750
    [(82249, 1), (82250, 2), (82251, 2), (246749, 2), (246750, 3), (246751, 3)],
)
def test_quality_by_the_citizens_of_a_place(places, margin, quality):
    assert places([("2000001", 100, 1.0)], 10**6, margin)["2000001"]["quality"] == quality


@pytest.mark.parametrize("number", [1, 2])
def test_one_vote_of_one_citizen_is_a_turnout(places, number):
    run = {"precincts": [("2000001", number, 1.0)], "citizens": number}
    assert [places(**run, margin=margin)["2000001"]["quality"] for margin in (0, 100)] == [1, 3]
    assert places(**run)["2000001"]["value"] == 1


@pytest.mark.parametrize(
    ("citizens", "note"), [(0, "no citizens of voting age"), (None, "no citizens of voting age for this place")]
)
def test_a_place_without_citizens_says_so(places, citizens, note):
    row = places(EXAMPLE, citizens)["2000001"]
    assert (row["value"], row["quality"], row["note"]) == (None, None, note)


@pytest.mark.parametrize(("whole", "halved", "quality"), [(9, 2, 2), (4, 2, 3)])
def test_messiness_on_the_edge_of_a_class(places, whole, halved, quality):
    # 1 x 0.5 of 10 votes is 0.05; of 5 votes 0.1
    assert places([("2000001", whole, 1.0), ("2000001", halved, 0.5)])["2000001"]["quality"] == quality


@pytest.mark.parametrize(("cut", "quality"), [(0.049999, 1), (0.050001, 2), (0.099999, 2), (0.100001, 3)])
def test_classes_of_messiness(places, cut, quality):
    assert places([("2000001", 100, cut)])["2000001"]["quality"] == quality
    # A precinct is as messy if all but this part lies in the place.
    assert places([("2000001", 100, 1 - cut)])["2000001"]["quality"] == quality


def test_quality_of_a_place_is_the_worst_of_three(places):
    assert places(EXAMPLE, margin=2500)["2000001"]["quality"] == 3
    assert places(EXAMPLE, states_with_modelled_precincts=["20"])["2000001"]["quality"] == 3
    assert places(EXAMPLE, states_with_modelled_precincts=["21"])["2000001"]["quality"] == 2


def test_votes_of_a_neighbouring_state_alone_are_no_value(places):
    found = places([*EXAMPLE], listed=("2000001", "2100002", "2000003"))
    assert (found["2100002"]["value"], found["2100002"]["note"]) == (None, "no input for state")
    assert found["2000003"]["note"] == "no precinct or no boundary of this place"


def shape(west, east):
    """A box one unit high, as WKB."""
    return shapely.to_wkb(shapely.box(west, 0, east, 1))


def as_literal(wkb):
    """WKB as the text that DuckDB reads as a BLOB."""
    return "".join(f"\\x{byte:02X}" for byte in wkb)


def test_part_of_a_precinct_is_its_area_in_the_place_over_its_whole_area(run_sql):
    boundary = "geoid VARCHAR, area DOUBLE, bounds DOUBLE[], geometry BLOB"
    # One place from 0 to 10; precincts inside, half inside, beside it (they share a line), and one of no area
    spans = [(1, 2), (9, 11), (10, 12)]
    precincts = [("KS", n, 100.0, b - a, [a, 0, b, 1], as_literal(shape(a, b))) for n, (a, b) in enumerate(spans)]
    precincts.append(("MO", 0, 7.0, 0.0, [3, 0, 3, 1], as_literal(shape(3, 3))))
    rows = run_sql(
        "geography/precinct_to_place.sql",
        variables={"year": 2020},
        tables={
            "precinct": (
                f"postal VARCHAR, precinct BIGINT, votes DOUBLE, {boundary.removeprefix('geoid VARCHAR, ')}",
                precincts,
            ),
            "place_boundary": (
                boundary,
                [
                    ("2000001", 10.0, [0, 0, 10, 1], as_literal(shape(0, 10))),
                    ("2000009", 10.0, [0, 0, 10, 1], as_literal(shape(0, 10))),
                ],
            ),
            "state_code": ("state VARCHAR, postal VARCHAR", [("20", "KS"), ("29", "MO")]),
            "universe": ("year SMALLINT, geoid VARCHAR", [(2020, "2000001"), (2016, "2000009")]),
        },
    )
    assert [(row["state"], row["precinct"], row["place_geoid"], row["share_of_precinct"]) for row in rows] == [
        ("20", 0, "2000001", 1.0),
        ("20", 1, "2000001", 0.5),
    ]


def test_functions_of_shapes():
    con = duckdb.connect()
    functions.register(con, {"shape_area", "shape_bounds", "overlap_area"})
    row = con.execute(
        "SELECT shape_area($1), shape_bounds($1), overlap_area($1, $2), overlap_area($1, NULL), shape_area(NULL), shape_bounds($3)",
        [shape(0, 2), shape(1, 5), shapely.to_wkb(shapely.Polygon())],
    ).fetchone()
    assert row == (2.0, [0.0, 0.0, 2.0, 1.0], 1.0, None, None, None)
