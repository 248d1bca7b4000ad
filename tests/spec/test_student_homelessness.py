"""Student homelessness by hand: bounds, sums, suppression in the order of the card, and quality."""

import pytest

STUDENTS = "leaid VARCHAR, student_group VARCHAR, reported_count BIGINT, suppressed BOOLEAN"
AGENCIES = "leaid VARCHAR, geoid VARCHAR, enrollment BIGINT"
RACES = "leaid VARCHAR, race INTEGER, enrollment BIGINT"
RULES = {
    "rule_agencies_without_homeless_students": True,
    "rule_bureau_schools_missing": True,
    "rule_race_check_in_single_precision": "single",
    "rule_other_races_default": 1,
    "rule_missing_enrollment": True,
    "rule_upper_bound_of_few_suppressed": True,
    "rule_race_check_keyed_on_black": True,
}
NOTHING_REPORTED = "no agency with homeless students in this area"


@pytest.fixture
def areas(run_sql):
    """Rows by (measure, geoid, subgroup); one universe county 01001 unless told otherwise."""

    def run(students, agencies, races=(), year=2019, geography="county", **rules):
        rows = run_sql(
            "metrics/student-homelessness.sql",
            variables={"year": year, "geography": geography, "first_race_year": 2019, **RULES, **rules},
            tables={
                "homeless_students": (STUDENTS, students),
                "agencies": (AGENCIES, agencies),
                "race_enrollment": (RACES, list(races)),
                "universe": ("year SMALLINT, geoid VARCHAR", [(year, "01001"), (year, "01003")]),
            },
        )
        return {(row["measure"].split("_")[0], row["geoid"], row["subgroup"]): row for row in rows}

    return run


def total(leaid, count):
    return (leaid, "all", None if count == "S" else count, count == "S")


def test_count_bounds_and_share_are_sums_over_the_agencies_of_a_county(areas):
    # 40 + 60 homeless of 500 + 1500 enrolled = 100 of 2,000 = 5 percent; nothing suppressed, so the bounds are the count.
    rows = areas(
        [total("0100001", 40), total("0100002", 60)], [("0100001", "01001", 500), ("0100002", "01001", 1500)], year=2014
    )
    count, share = rows["count", "01001", "All"], rows["share", "01001", "All"]
    assert (count["value"], count["lower"], count["upper"], count["quality"]) == (100, 100, 100, 1)
    assert (share["value"], share["quality"], share["denominator"]) == (pytest.approx(0.05), 1, 2000)
    assert rows["count", "01003", "All"]["note"] == NOTHING_REPORTED
    assert {label for _, _, label in rows} == {"All"}  # no races before 2019


def test_suppressed_agency_counts_one_between_zero_and_two(areas):
    # Three S in the state: 1 each, bounds 0 to 2. 37 + 3 = 40, bounds 37 to 43; 43 / 37 = 1.16, so quality 3.
    students = [total("0100001", 37), total("0100002", "S"), total("0100003", "S"), total("0100004", "S")]
    row = areas(students, [(f"010000{n}", "01001", 100) for n in range(1, 5)], year=2014)["count", "01001", "All"]
    assert (row["value"], row["lower"], row["upper"], row["quality"]) == (40, 37, 43, 3)


def test_with_one_or_two_suppressed_agencies_the_upper_bound_is_the_states_smallest_value(areas):
    students = [total("0100001", 38), total("0100002", "S"), total("0100003", "S")]
    agencies = [(f"010000{n}", "01001", 100) for n in range(1, 4)]
    assert areas(students, agencies, year=2014)["count", "01001", "All"]["upper"] == 40  # 38 + 1 + 1
    right = areas(students, agencies, year=2014, rule_upper_bound_of_few_suppressed=False)
    assert right["count", "01001", "All"]["upper"] == 42  # 38 + 2 + 2


def test_an_agency_without_enrollment_loses_its_students(areas):
    students = [total("0100001", 40), total("0100002", 60)]
    agencies = [("0100001", "01001", 500), ("0100002", "01001", -1)]
    assert areas(students, agencies, year=2014)["count", "01001", "All"]["value"] == 40
    assert areas(students, agencies, year=2014, rule_missing_enrollment=False)["count", "01001", "All"]["value"] == 100


@pytest.mark.parametrize(
    ("homeless", "value", "quality", "note"),
    [
        (9, None, None, "suppressed: fewer than 10 homeless students"),
        (10, 10, 3, None),
        (29, 29, 3, None),
        (30, 30, 1, None),
    ],
)
def test_small_totals(areas, homeless, value, quality, note):
    row = areas([total("0100001", homeless)], [("0100001", "01001", 500)], year=2014)["count", "01001", "All"]
    assert (row["value"], row["quality"], row["note"]) == (value, quality, note)


def test_a_share_above_one_is_suppressed(areas):
    row = areas([total("0100001", 40)], [("0100001", "01001", 30)], year=2014)["share", "01001", "All"]
    assert (row["value"], row["quality"], row["note"]) == (None, None, "suppressed: share above 1")


def races(black=20, hispanic=20, white=20, other=()):
    rows = [
        ("0100001", "all", 60, False),
        ("0100001", "black", black, False),
        ("0100001", "hispanic", hispanic, False),
        ("0100001", "white", white, False),
    ]
    return rows + [("0100001", group, count, False) for group, count in other]


ENROLLED = [("0100001", race, 100) for race in range(1, 8)]
AGENCY = [("0100001", "01001", 700)]


def test_races_that_add_up_are_kept_and_divided_by_their_own_enrollment(areas):
    rows = areas(races(), AGENCY, ENROLLED)
    assert rows["share", "01001", "Black, Non-Hispanic"]["value"] == pytest.approx(0.2)  # 20 of 100
    # Other races: nothing reported, so 1 student (a rule of the published pipeline), then suppressed as 2 or fewer.
    assert rows["count", "01001", "Other Races and Ethnicities"]["note"] == "suppressed: count of 2 or fewer"
    assert rows["share", "01001", "All"]["value"] == pytest.approx(60 / 700)


def test_other_races_are_the_sum_of_four_groups_over_the_sum_of_their_enrollment(areas):
    rows = areas(races(white=8, other=[("asian", 4), ("two_or_more", 8)]), AGENCY, ENROLLED)
    assert rows["share", "01001", "Other Races and Ethnicities"]["value"] == pytest.approx(12 / 400)


@pytest.mark.parametrize(("white", "kept"), [(0, False), (1, True), (25, True), (26, False)])
def test_races_must_add_up_to_70_to_110_percent_of_the_total(areas, white, kept):
    # 20 Black + 20 Hispanic + 1 other (default) + white, of 60: 41, 42 (70 percent), 66 (110 percent), 67.
    row = areas(races(white=white), AGENCY, ENROLLED)["count", "01001", "Black, Non-Hispanic"]
    assert (row["note"] is None) == kept
    assert (row["value"] == 20) == kept


def test_no_quality_in_a_county_where_a_races_share_cannot_be_computed(areas):
    enrolled = [(leaid, race, 0 if race == 2 else count) for leaid, race, count in ENROLLED]
    county = areas(races(), AGENCY, enrolled)["count", "01001", "Black, Non-Hispanic"]
    assert (county["value"], county["quality"]) == (20, None)
    place = areas(races(), AGENCY, enrolled, geography="place")["count", "01001", "Black, Non-Hispanic"]
    assert (place["value"], place["quality"]) == (20, 1)


def test_without_enrollment_by_race_counts_stand_and_shares_say_why_not(areas):
    rows = areas(races(), AGENCY)
    assert rows["count", "01001", "Hispanic"]["value"] == 20
    share = rows["share", "01001", "Hispanic"]
    assert (share["value"], share["note"]) == (None, "no input: enrollment by race")


def test_agencies_are_placed_by_the_city_of_their_office(run_sql):
    places = [
        (2019, "1304204", "13", "Augusta-Richmond County consolidated government (balance)"),
        (2019, "4845744", "48", "McAllen city"),
        (2019, "0820000", "08", "Denver city"),
        (2019, "2507000", "25", "Boston city"),
    ]
    cities = [
        ("1300001", "13", "AUGUSTA", 5),
        ("4800001", "48", "mcallen", 6),
        ("0800001", "08", "denver", 7),
        ("0800002", "08", "Denver West", 8),
        ("3300001", "33", "Boston", 9),
    ]
    rows = run_sql(
        "geography/lea_to_place.sql",
        variables={"year": 2019},
        tables={
            "place_universe": ("year SMALLINT, geoid VARCHAR, state VARCHAR, place_name VARCHAR", places),
            "ccd_lea_city": ("leaid VARCHAR, state VARCHAR, city VARCHAR, enrollment BIGINT", cities),
        },
    )
    assert {row["leaid"]: row["geoid"] for row in rows} == {
        "1300001": "1304204",
        "4800001": "4845744",
        "0800001": "0820000",
    }
