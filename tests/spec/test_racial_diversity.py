"""Exposure indices by hand: the worked examples of card racial-diversity, suppression and quality at their boundaries."""

import pytest

RACE = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
T1, T2, T3, T4 = (f"01001{n:06}" for n in (100, 200, 300, 400))
# Hispanic, Black, other, White
EXAMPLE = {T1: (20, 50, 10, 120), T2: (80, 100, 20, 0), T3: (0, 0, 5, 295)}


def lines(tract, hispanic, black, other, white, margins=(0, 0, 0, 0)):
    """The nine lines of a tract; the other races are all Asian."""
    figures = {12: (hispanic, margins[0]), 4: (black, margins[1]), 6: (other, margins[2]), 3: (white, margins[3])}
    rows = [("tract", tract, 1, hispanic + black + other + white, None)]
    rows += [("tract", tract, line, *figures.get(line, (0, 0))) for line in (3, 4, 5, 6, 7, 8, 9, 12)]
    return rows


@pytest.fixture
def index(run_sql):
    """Rows of one area by group."""

    def run(rows, places=(), geography="county", areas=("01001",), **rules):
        found = run_sql(
            "metrics/racial-diversity.sql",
            variables={"year": 2021, "geography": geography, **rules},
            tables={
                "race": (RACE, rows),
                "tract_to_place": (PLACES, list(places)),
                "universe": (UNIVERSE, [(2021, geoid, geoid[:2]) for geoid in areas]),
            },
        )
        return {(row["geoid"], row["measure"].split("_")[1]): row for row in found}

    return run


def example(margins=(0, 0, 0, 0)):
    return [row for tract, groups in EXAMPLE.items() for row in lines(tract, *groups, margins=margins)]


def test_the_cards_example(index):
    values = {group: row["value"] for (_, group), row in index(example()).items()}
    assert values == {
        "black": pytest.approx(0.583333333333),
        "hispanic": pytest.approx(0.66),
        "other": pytest.approx(0.926190476190),
        "white": pytest.approx(0.127510040161),
    }


def test_an_empty_tract_changes_no_value(index):
    with_empty = index([*example(), *lines(T4, 0, 0, 0, 0)])
    for name in ("value", "sample_size"):
        assert {key: row[name] for key, row in with_empty.items()} == {
            key: row[name] for key, row in index(example()).items()
        }
    assert {row["sample_size"] for row in with_empty.values()} == {3}


def test_a_place_takes_the_part_of_each_tract(index):
    parts = [(T1, "0100100", 0.5), (T2, "0100100", 1), (T3, "0100100", 0.25)]
    rows = index(example(), parts, "place", ["0100100"])
    assert rows["0100100", "black"]["value"] == pytest.approx(0.55)
    assert rows["0100100", "white"]["value"] == pytest.approx(0.188629283489)


def test_the_documented_textbook_case(index):
    # 80 Whites where a tenth is not White, 20 where half is not: 0.8 x 0.1 + 0.2 x 0.5
    rows = index([*lines(T1, 80, 0, 0, 720), *lines(T2, 180, 0, 0, 180)])
    assert rows["01001", "white"]["value"] == pytest.approx((720 * 0.1 + 180 * 0.5) / 900)


@pytest.mark.parametrize(
    ("people", "published", "corrected"), [(29, False, False), (30, False, True), (31, True, True)]
)
def test_groups_of_thirty_are_suppressed_and_published_in_the_corrected_edition(index, people, published, corrected):
    rows = lines(T1, people, 100, 0, 100)
    assert (index(rows)["01001", "hispanic"]["value"] is not None) == published
    assert (index(rows, rule_thirty_is_suppressed=False)["01001", "hispanic"]["value"] is not None) == corrected
    assert index(rows)["01001", "hispanic"]["note"] == (
        None if published else "suppressed: 30 or fewer people of the group"
    )


@pytest.mark.parametrize(("margin", "quality"), [(328, 1), (329, 2), (657, 2), (658, 3), (10000, 3)])
def test_quality_is_the_variation_of_the_count(index, margin, quality):
    # 1,000 Hispanics: 329 / 1.645 / 1,000 is 0.2, 658 / 1.645 / 1,000 is 0.4
    assert index(lines(T1, 1000, 0, 0, 1000, (margin, 0, 0, 0)))["01001", "hispanic"]["quality"] == quality


def test_the_margin_of_other_races_counts_the_largest_of_the_empty_ones_once(index):
    # (0, 12), (30, 15), (0, 12), (0, 10), (8, 9): sqrt(15^2 + 9^2 + 12^2) = 21.2132 of 38 people, CV 0.339
    figures = {1: (138, None), 3: (100, 0), 4: (0, 0), 12: (0, 0)}
    figures |= dict(zip((5, 6, 7, 8, 9), ((0, 12), (30, 15), (0, 12), (0, 10), (8, 9)), strict=True))
    rows = [("tract", T1, line, *figure) for line, figure in figures.items()]
    assert index(rows)["01001", "other"]["quality"] == 2
    rows[-1] = ("tract", T1, 9, 8, 12)  # 22.65: 0.362
    assert index(rows)["01001", "other"]["quality"] == 2
    rows[-1] = ("tract", T1, 9, 8, 20)  # 27.73: 0.444
    assert index(rows)["01001", "other"]["quality"] == 3


@pytest.mark.parametrize("line", [5, 6, 7, 8, 9])
def test_every_line_of_other_races_counts(index, line):
    figures = {1: (100, None), 3: (60, 0), line: (40, 13)}
    row = index([("tract", T1, each, *figures.get(each, (0, 0))) for each in (1, 3, 4, 5, 6, 7, 8, 9, 12)])[
        "01001", "other"
    ]
    assert (row["value"], row["numerator"], row["denominator"]) == (0.6, 24, 40)
    assert row["quality"] == 1  # 13 / 1.645 / 40 is 0.1976, 14 would be 0.2128
    figures[line] = (40, 14)
    row = index([("tract", T1, each, *figures.get(each, (0, 0))) for each in (1, 3, 4, 5, 6, 7, 8, 9, 12)])[
        "01001", "other"
    ]
    assert row["quality"] == 2


def test_lines_that_all_have_people_have_no_margin_of_an_empty_one(index):
    # 31^2 + 11^2 = 1,082 of 100 people: 0.19996; 1,083 would be 0.20005
    figures = dict(zip((5, 6, 7, 8, 9), ((60, 31), (37, 11), (1, 0), (1, 0), (1, 0)), strict=True))
    figures |= {1: (200, None), 3: (100, 0), 4: (0, 0), 12: (0, 0)}
    rows = [("tract", T1, line, *figure) for line, figure in figures.items()]
    assert index(rows)["01001", "other"]["quality"] == 1


@pytest.mark.parametrize("rule", [True, False])
def test_a_tract_of_one_person_counts_and_an_empty_one_does_not(index, rule):
    rows = [*lines(T1, 40, 0, 0, 40), *lines(T2, 1, 0, 0, 0), *lines(T3, 1, 0, 0, 1), *lines(T4, 0, 0, 0, 0)]
    county = index(rows, rule_empty_tracts_in_quality=rule)["01001", "hispanic"]
    parts = [(tract, "0100100", 1) for tract in (T1, T2, T3, T4)]
    place = index(rows, parts, "place", ["0100100"], rule_empty_tracts_in_quality=rule)["0100100", "hispanic"]
    for row in (county, place):
        assert (row["sample_size"], row["denominator"], row["numerator"]) == (3, 42, 20.5)


def test_margins_of_empty_tracts_count_in_counties_and_regions_only(index):
    rows = [*lines(T1, 1000, 0, 0, 1000, (300, 0, 0, 0)), *lines(T4, 0, 0, 0, 0, (300, 0, 0, 0))]
    assert index(rows)["01001", "hispanic"]["quality"] == 2  # 424.3 / 1,645 = 0.258
    assert index(rows, rule_empty_tracts_in_quality=False)["01001", "hispanic"]["quality"] == 1
    region = {"places": [(tract, "01-north", 1) for tract in (T1, T4)], "geography": "north", "areas": ["01-north"]}
    assert index(rows, **region)["01-north", "hispanic"]["quality"] == 2
    parts = [(T1, "0100100", 1), (T4, "0100100", 1)]
    assert index(rows, parts, "place", ["0100100"])["0100100", "hispanic"]["quality"] == 1


def test_a_part_of_a_tract_has_a_part_of_its_squared_margin(index):
    # Half of 1,000 with margin 300: sqrt(0.5) x 300 / 1.645 / 500 = 0.258; rightly 150 / 1.645 / 500 = 0.182
    rows, parts = lines(T1, 1000, 0, 0, 1000, (300, 0, 0, 0)), [(T1, "0100100", 0.5)]
    assert index(rows, parts, "place", ["0100100"])["0100100", "hispanic"]["quality"] == 2
    right = index(rows, parts, "place", ["0100100"], rule_allocated_margin=2)
    assert right["0100100", "hispanic"]["quality"] == 1


def test_a_part_of_a_tract_has_a_part_of_its_margin_in_a_region(index):
    # A quarter of 400 +- 200: 50 / 1.645 / 100 = 0.304; by the root of a quarter 0.608, by its cube's 0.152
    rows, parts = lines(T1, 400, 0, 0, 400, (200, 0, 0, 0)), [(T1, "01-north", 0.25)]
    assert index(rows, parts, "north", ["01-north"])["01-north", "hispanic"]["quality"] == 2


def test_a_state_that_is_not_landed_and_an_area_without_tracts_say_so(index):
    rows = index(example(), areas=("01001", "01003", "02020"))
    assert {rows[geoid, "white"]["note"] for geoid in ("01001",)} == {None}
    assert rows["01003", "white"]["note"] == "no tract of the input lies in this area"
    assert rows["02020", "white"]["note"] == "no input for state"


def test_without_a_margin_there_is_no_quality(index):
    row = index(lines(T1, 1000, 0, 0, 1000, (None, 0, 0, 0)))["01001", "hispanic"]
    assert (row["quality"], row["note"]) == (None, "no quality: no margin of error in the input")
    few = index(lines(T1, 20, 0, 0, 1000, (None, 0, 0, 0)))["01001", "hispanic"]
    assert (few["note"], few["sample_size"]) == ("suppressed: 30 or fewer people of the group", 1)


# -- Properties ---------------------------------------------------------------------------------------


def test_exposure_and_isolation_add_up(index):
    """What a group is exposed to is spread over the other groups: members x exposure = residents met outside the group."""
    rows = index(example())
    for (_, group), row in rows.items():
        at = ["hispanic", "black", "other", "white"].index(group)
        met = sum(
            groups[at] * groups[other] / sum(groups) for groups in EXAMPLE.values() for other in range(4) if other != at
        )
        assert row["numerator"] == pytest.approx(met)


def test_a_county_of_identical_tracts_has_the_tracts_value_and_splitting_one_changes_nothing(index):
    one = index(lines(T1, 40, 100, 60, 200))
    for rows in (
        [*lines(T1, 40, 100, 60, 200), *lines(T2, 40, 100, 60, 200)],
        [*lines(T1, 20, 50, 30, 100), *lines(T2, 20, 50, 30, 100)],
    ):
        for key, row in index(rows).items():
            assert row["value"] == pytest.approx(one[key]["value"], abs=1e-15)
