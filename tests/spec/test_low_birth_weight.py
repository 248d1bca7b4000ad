"""Share of births below 2,500 grams by hand: every rule of sql/metrics/low-birth-weight.sql."""

import pytest

BIRTHS = "geoid VARCHAR, subgroup_type VARCHAR, subgroup VARCHAR, weight VARCHAR, births BIGINT, reason VARCHAR"


def line(geoid, births, low, family="all", group="All"):
    """Both counts of a county; a text is the reason why there is none."""
    return [
        (geoid, family, group, weight, None if isinstance(each, str) else each, each if isinstance(each, str) else None)
        for weight, each in (("all", births), ("low", low))
    ]


@pytest.fixture
def shares(run_sql):
    """Rows by county and group, of a state 01 with counties 01001, 01003, … (``counties`` of them)."""

    def run(*lines, counties=20, year=2020, listed=None, **variables):
        geoids = listed or [f"01{2 * number + 1:03}" for number in range(counties)]
        rows = run_sql(
            "metrics/low-birth-weight.sql",
            variables={"year": year, "fewest_births": 30, "without_connecticut_from": 2022, **variables},
            tables={
                "births": (BIRTHS, [each for both in lines for each in both]),
                "universe": ("year SMALLINT, geoid VARCHAR", [(year, geoid) for geoid in geoids] + [(1999, "01999")]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in rows}

    return run


def shown(row):
    return row["value"], row["quality"], row["note"]


POOLED = "share of the unidentified counties of the state"


def test_a_county_of_its_own_and_the_unidentified_ones(shares):
    found = shares(line("01001", 2246, 174), line("01999", 23118, 2299))
    own = found["01001", "All"]
    assert shown(own) == (pytest.approx(0.0774710597), 1, None)
    assert (own["lower"], own["upper"]) == (pytest.approx(0.0664147309), pytest.approx(0.0885273884))
    assert (own["numerator"], own["denominator"]) == (174, 2246)
    for geoid in ("01003", "01039"):
        pooled = found[geoid, "All"]
        assert shown(pooled) == (pytest.approx(0.0994463189), 3, POOLED)
        assert (pooled["lower"], pooled["upper"]) == (pytest.approx(0.0955886042), pytest.approx(0.1033040335))
    assert len(found) == 9 * 20 and ("01999", "All") not in found


@pytest.mark.parametrize(
    ("births", "low", "expected"),
    [
        (29, 3, (None, None, "suppressed: fewer than 30 births")),
        (30, 3, (0.1, 3, None)),
        (99, 0, (0.0, 3, None)),
        (100, 10, (0.1, 2, None)),
        (199, 0, (0.0, 2, None)),
        (200, 20, (0.1, 1, None)),
        (50, "suppressed", (None, None, "suppressed: 1 to 9 births")),
        ("suppressed", 0, (None, None, "suppressed: 1 to 9 births")),
        ("suppressed", "suppressed", (None, None, "suppressed: 1 to 9 births")),
    ],
)
def test_few_births(shares, births, low, expected):
    found = shares(line("01001", births, low), line("01999", 5000, 400))
    assert shown(found["01001", "All"]) == expected
    if births == 99:
        assert (found["01001", "All"]["lower"], found["01001", "All"]["upper"]) == (0, 0)


@pytest.mark.parametrize(
    ("counties", "identified", "quality"),
    # Unidentified counties: 5 of 20; 4 of 20; 1 of 20; 7 of 15 (fewer than half); 8 of 15; 7 of 14; 7 of 16; none of 15; none of 16
    [(20, 15, 1), (20, 16, 2), (20, 19, 2), (15, 8, 2), (15, 7, 1), (14, 7, 1), (16, 9, 1), (15, 15, 2), (16, 16, 1)],
)
def test_identified_counties_of_states_with_few_unidentified_ones(shares, counties, identified, quality):
    lines = [line(f"01{2 * number + 1:03}", 1000 + number, 80) for number in range(identified)]
    pooled = [line("01999", 9000, 700)] if identified < counties else []
    found = shares(*lines, *pooled, counties=counties)
    assert found["01001", "All"]["quality"] == quality
    if identified < counties:
        assert found[f"01{2 * counties - 1:03}", "All"]["quality"] == 3
    corrected = shares(*lines, *pooled, counties=counties, rule_few_unidentified_counties=False)
    assert corrected["01001", "All"]["quality"] == 1


def test_a_county_with_the_counts_of_the_unidentified_ones_counts_as_one(shares):
    lines = [line("01001", 500, 40), line("01003", 900, 70), line("01999", 500, 40)]
    assert shown(shares(*lines)["01001", "All"]) == (0.08, 3, POOLED)
    assert shown(shares(*lines, rule_unidentified_by_value=False)["01001", "All"]) == (0.08, 1, None)
    # Two suppressed lines are equal too: all four counties are unidentified in the published rule, so 01003 is a 2
    small = [
        line("01001", "suppressed", "suppressed"),
        line("01003", 900, 70),
        line("01999", "suppressed", "suppressed"),
    ]
    assert shares(*small, counties=6)["01003", "All"]["quality"] == 1
    assert shares(*small, counties=5)["01003", "All"]["quality"] == 2


def test_one_count_of_the_unidentified_ones_is_not_enough(shares):
    lines = [line("01001", 500, 41), line("01003", 510, 40), line("01999", 500, 40)]
    found = shares(*lines)
    assert [found[geoid, "All"]["note"] for geoid in ("01001", "01003")] == [None, None]


def test_every_state_has_its_own_unidentified_counties(shares):
    # 5 of 6 counties of Alabama; with those of another state fewer than half
    small = ["01101", "01103", "01105", "01107", "01109"]
    others = [f"{state}{number:03}" for state in ("02", "11") for number in range(1, 17, 2)]
    lines = [line("01001", 1000, 80), line("01999", 9000, 700), *(line(geoid, 1000, 80) for geoid in others)]
    assert shares(*lines, listed=["01001", *small, *others])["01001", "All"]["quality"] == 1


def test_a_county_without_one_of_the_counts_is_not_in_the_source(shares):
    assert shares(line("01001", 30, 0)[0:1])["01001", "All"]["note"] == "not in the source"


def test_one_count_may_be_filled_from_the_unidentified_counties(shares):
    lonely = [line("01001", 1000, 0)[0:1], line("01999", 5000, 400)]
    assert shares(*lonely)["01001", "All"]["numerator"] == 400


def test_a_state_without_unidentified_counties(shares):
    found = shares(line("10001", 1000, 80), listed=["10001", "10003"])
    assert shown(found["10001", "All"]) == (0.08, 2, None)
    assert shown(found["10003", "All"]) == (None, None, "not in the source")


def test_groups_are_counted_by_themselves_and_told_where_they_have_no_file(shares):
    group = ("race-ethnicity", "Hispanic")
    found = shares(line("01001", 1000, 80), line("01001", 60, 6, *group), line("01999", 800, 40, *group))
    assert shown(found["01001", "Hispanic"]) == (0.1, 3, None)
    assert shown(found["01003", "Hispanic"]) == (0.05, 3, POOLED)
    assert found["01003", "Black, Non-Hispanic"]["note"] == "no input: Black, Non-Hispanic"
    assert found["01001", "Some College"]["note"] == "no input: Some College"
    assert found["01001", "Some College"]["subgroup_type"] == "mothers-education"


def test_connecticut_is_left_out_from_2022(shares):
    lines = [line("09001", 1000, 80), line("09999", 500, 50)]
    assert shares(*lines, listed=["09001"], year=2021)["09001", "All"]["value"] == 0.08
    found = shares(*lines, line("10001", 1000, 80), listed=["09001", "09110"], year=2022)
    assert {shown(found[geoid, "All"]) for geoid in ("09001", "09110")} == {(None, None, "not in the source")}
