"""Exposure to poverty by hand: the worked example of card economic-inclusion, thresholds, quality, tables that are missing."""

import pytest

POVERTY = "table_id VARCHAR, area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
A, B, C = (f"01001{n:06}" for n in (100, 200, 300))
RACES = {"Black": "B", "Hispanic": "I", "White, Non-Hispanic": "H"}
OTHERS = "CDEFG"


def everyone(tract, people, poor, margin=0, table="B17001"):
    return [(table, "tract", tract, 1, people, None), (table, "tract", tract, 2, poor, margin)]


def race(tract, letter, poor, margin=0):
    return [(f"B17001{letter}", "tract", tract, 2, poor, margin)]


# People, in poverty, margin; Black and White in poverty
EXAMPLE = [*everyone(A, 1000, 450, 100), *everyone(B, 2000, 300, 90), *everyone(C, 500, 200, 60)]
EXAMPLE += [row for tract, poor in ((A, 200), (B, 50), (C, 25)) for row in race(tract, "B", poor)]
EXAMPLE += [row for tract, poor in ((A, 150), (B, 200), (C, 100)) for row in race(tract, "H", poor)]


@pytest.fixture
def exposure(run_sql):
    def run(rows, places=(), geography="county", areas=("01001",), **rules):
        found = run_sql(
            "metrics/economic-inclusion.sql",
            variables={"year": 2021, "geography": geography, "high_poverty": 0.4, **rules},
            tables={
                "poverty": (POVERTY, rows),
                "tract_to_place": (PLACES, list(places)),
                "universe": (UNIVERSE, [(2021, geoid, geoid[:2]) for geoid in areas]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in found}

    return run


def test_the_cards_example(exposure):
    rows = exposure(EXAMPLE)
    assert rows["01001", "All"]["value"] == pytest.approx(0.473684210526)  # C has exactly 40 percent: not above
    assert rows["01001", "All"]["quality"] == 1  # 89.55 / 950
    assert rows["01001", "Black"]["value"] == pytest.approx(0.727272727273)
    assert rows["01001", "White, Non-Hispanic"]["value"] == pytest.approx(0.333333333333)
    assert rows["01001", "All"]["sample_size"] == 3


def test_the_cards_example_of_a_place(exposure):
    parts = [(A, "0100100", 0.5), (B, "0100100", 1), (C, "0100100", 0.25)]
    row = exposure(EXAMPLE, parts, "place", ["0100100"])["0100100", "All"]
    assert row["value"] == pytest.approx(0.391304347826)
    assert row["quality"] == 2  # 118.3 / 575 = 0.2058, not divided by 1.645
    rightly = exposure(EXAMPLE, parts, "place", ["0100100"], rule_margin_of_places=False)["0100100", "All"]
    assert rightly["quality"] == 1  # 0.1251


def test_a_part_of_a_tract_has_a_part_of_its_margin_in_the_corrected_edition(exposure):
    # Half of a tract with 200 +- 60: sqrt(0.5) x 60 / 100 = 0.424; rightly 30 / 100 = 0.3
    rows, parts = everyone(A, 1000, 200, 60), [(A, "0100100", 0.5)]
    assert exposure(rows, parts, "place", ["0100100"])["0100100", "All"]["quality"] == 3
    assert exposure(rows, parts, "place", ["0100100"], rule_allocated_margin=2)["0100100", "All"]["quality"] == 2


def test_a_part_of_a_tract_has_a_part_of_its_margin_in_a_region(exposure):
    # A quarter of 400 +- 200: 50 / 1.645 / 100 = 0.304; by the root of a quarter 0.608, by its cube's 0.152
    rows, parts = everyone(A, 1000, 400, 200), [(A, "01-north", 0.25)]
    assert exposure(rows, parts, "north", ["01-north"])["01-north", "All"]["quality"] == 2


def test_a_tract_of_one_person_counts(exposure):
    row = exposure([*everyone(A, 1000, 40), *everyone(B, 1, 1), *everyone(C, 2, 2)])["01001", "All"]
    assert (row["numerator"], row["denominator"], row["sample_size"]) == (3, 43, 3)


@pytest.mark.parametrize(("poor", "high"), [(399, False), (400, False), (401, True)])
def test_a_high_poverty_tract_has_more_than_forty_percent(exposure, poor, high):
    assert exposure(everyone(A, 1000, poor))["01001", "All"]["value"] == (1 if high else 0)


@pytest.mark.parametrize(("poor", "value"), [(0, None), (30, None), (31, 0)])
def test_thirty_people_in_poverty_are_suppressed(exposure, poor, value):
    rows = exposure([*everyone(A, 1000, 100), *race(A, "B", poor)])
    assert rows["01001", "Black"]["value"] == value
    everyone_in_poverty = exposure(everyone(A, 1000, poor))["01001", "All"]
    assert everyone_in_poverty["value"] == value
    said = "suppressed: 30 or fewer people of the group in poverty" if value is None else None
    assert everyone_in_poverty["note"] == rows["01001", "Black"]["note"] == said


def test_the_rate_of_everyone_decides_for_every_group(exposure):
    rows = [*everyone(A, 1000, 450), *race(A, "B", 50), *everyone(B, 1000, 100), *race(B, "B", 100)]
    assert exposure(rows)["01001", "Black"]["value"] == pytest.approx(50 / 150)


def test_other_races_are_five_tables_and_the_largest_margin_of_empty_ones_counts_once(exposure):
    # (0, 12), (30, 15), (0, 12), (0, 10), (8, 9): 21.2132 / 1.645 / 38 = 0.339
    figures = ((0, 12), (30, 15), (0, 12), (0, 10), (8, 9))
    rows = everyone(A, 1000, 450)
    for letter, figure in zip(OTHERS, figures, strict=True):
        rows += race(A, letter, *figure)
    row = exposure(rows)["01001", "Other Races and Ethnicities"]
    assert (row["denominator"], row["quality"]) == (38, 2)


def test_what_is_landed_is_built_and_the_rest_says_which_table_is_missing(exposure):
    rows = exposure([*everyone(A, 1000, 450), *race(A, "C", 100)], areas=("01001", "01003", "02020"))
    assert rows["01001", "All"]["value"] == 1
    assert rows["01001", "Black"]["note"] == "no input: table B17001B"
    assert rows["01001", "Other Races and Ethnicities"]["note"] == "no input: table B17001D, B17001E, B17001F, B17001G"
    assert rows["01003", "All"]["note"] == "no tract of the input lies in this area"
    assert rows["02020", "All"]["note"] == rows["02020", "Black"]["note"] == "no input for state"


def test_races_need_the_table_of_everyone(exposure):
    rows = exposure(race(A, "B", 100))
    assert rows["01001", "Black"]["note"] == rows["01001", "All"]["note"] == "no input: table B17001"


def test_ratios_stand_in_for_people_in_poverty_without_quality(exposure):
    ratios = [("C17002", "tract", A, line, estimate, 10) for line, estimate in ((1, 1000), (2, 300), (3, 150))]
    row = exposure(ratios)["01001", "All"]
    assert (row["value"], row["quality"]) == (1, None)
    assert row["note"] == "no quality: no margin of error in the input"
    both = exposure([*everyone(A, 1000, 100), *ratios])["01001", "All"]
    assert (both["value"], both["quality"]) == (0, 1)


def test_a_tract_without_people_of_known_status_is_left_out(exposure):
    rows = [*everyone(A, 1000, 100, 30), *everyone(B, 0, 0, 3000)]
    assert exposure(rows)["01001", "All"]["quality"] == 1


def test_a_county_of_one_tract_has_0_or_1(exposure):
    for poor in (31, 400, 401, 999):
        assert exposure(everyone(A, 1000, poor))["01001", "All"]["value"] in (0, 1)


@pytest.mark.parametrize(
    ("letter", "label"),
    [
        *((letter, "Other Races and Ethnicities") for letter in OTHERS),
        *((letter, label) for label, letter in RACES.items()),
    ],
)
def test_every_table_counts_in_its_group(exposure, letter, label):
    tables = {each: 40 if each == letter else 0 for each in (*OTHERS, *RACES.values())}
    rows = [*everyone(A, 1000, 450), *(row for each, poor in tables.items() for row in race(A, each, poor))]
    counted = {subgroup: row["denominator"] for (_, subgroup), row in exposure(rows).items() if subgroup != "All"}
    assert {subgroup for subgroup, poor in counted.items() if poor == 40} == {label}


@pytest.mark.parametrize(("margin", "quality"), [(328, 1), (329, 2), (657, 2), (658, 3)])
def test_quality_is_the_variation_of_the_people_in_poverty(exposure, margin, quality):
    assert exposure(everyone(A, 9000, 1000, margin))["01001", "All"]["quality"] == quality


@pytest.mark.parametrize(
    ("figures", "quality"),
    [
        (((100, 24), (0, 20), (0, 20), (0, 0), (0, 0)), 1),  # 576 + 400 of 100 people: 0.19
        (((100, 24), (0, 25), (0, 20), (0, 0), (0, 0)), 2),  # 576 + 625: 0.21
        (((60, 31), (37, 11), (1, 0), (1, 0), (1, 0)), 1),  # 1,082 is 0.19996; no table is empty
        (((100, 24), (0, 20), (0, None), (0, 0), (0, 0)), None),
    ],
)
def test_the_margin_of_several_tables(exposure, figures, quality):
    rows = everyone(A, 1000, 450)
    for letter, figure in zip(OTHERS, figures, strict=True):
        rows += race(A, letter, *figure)
    assert exposure(rows)["01001", "Other Races and Ethnicities"]["quality"] == quality


def test_each_state_has_its_own_table_of_everyone(exposure):
    other = "02020000100"
    ratios = [("C17002", "tract", other, line, estimate, 10) for line, estimate in ((1, 1000), (2, 300), (3, 101))]
    rows = exposure([*everyone(A, 1000, 100), *ratios], areas=("01001", "02020"))
    assert (rows["01001", "All"]["denominator"], rows["02020", "All"]["denominator"]) == (100, 401)
    assert (rows["02020", "All"]["value"], rows["02020", "All"]["quality"]) == (1, None)


def test_counties_and_places_of_the_tables_are_no_tracts(exposure):
    county = [("B17001", "county", "01001", line, estimate, 10) for line, estimate in ((1, 5000), (2, 4000))]
    assert exposure([*everyone(A, 1000, 100), *county])["01001", "All"]["denominator"] == 100
