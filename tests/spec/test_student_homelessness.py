"""Student homelessness by hand: bounds, sums, suppression in the order of the card, and quality."""

import pytest
from examples import city_names

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
    assert county["note"] == "no quality: no enrollment of this group"
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
            "place_city_name": city_names(run_sql, places),
            "ccd_lea_city": ("leaid VARCHAR, state VARCHAR, city VARCHAR, enrollment BIGINT", cities),
        },
    )
    assert {row["leaid"]: row["geoid"] for row in rows} == {
        "1300001": "1304204",
        "4800001": "4845744",
        "0800001": "0820000",
    }


@pytest.mark.parametrize(
    ("census_name", "city", "matches"),
    [
        ("San Buenaventura (Ventura) city", "VENTURA", True),
        ("Athens-Clarke County unified government (balance)", "Athens", True),
        ("Macon-Bibb County", "Macon", True),
        ("Boise City city", "Boise", True),
        ("Lexington-Fayette urban county", "Lexington", True),
        ("Louisville/Jefferson County metro government (balance)", "Louisville", True),
        ("Nashville-Davidson metropolitan government (balance)", "Nashville", True),
        ("McKinney city", "MCKINNEY", True),
        ("Winston-Salem city", "winston-salem", True),  # a capital after the hyphen
        ("Winston-Salem city", "WINSTON SALEM", False),
        ("Brookhaven town", "Brookhaven", True),
        ("Skokie village", "SKOKIE", True),
        ("Anchorage municipality", "Anchorage", True),
        ("O'Fallon city", "o'fallon", True),
        ("Oklahoma City city", "Oklahoma City", True),  # " city" is taken away, "City" is not
        ("St. Paul city", "Saint Paul", False),
        ("Denver city", "Denver", True),
    ],
)
def test_names_of_places_as_the_common_core_of_data_spells_them(run_sql, census_name, city, matches):
    rows = run_sql(
        "geography/lea_to_place.sql",
        variables={"year": 2019},
        tables={
            "place_city_name": city_names(
                run_sql,
                [
                    (2019, "0100001", "01", census_name),
                    (2018, "0100002", "01", census_name),
                    (2019, "0200001", "02", census_name),
                ],
            ),
            "ccd_lea_city": (
                "leaid VARCHAR, state VARCHAR, city VARCHAR, enrollment BIGINT",
                [("0100009", "01", city, 5)],
            ),
        },
    )
    assert [(row["leaid"], row["geoid"], row["enrollment"]) for row in rows] == (
        [("0100009", "0100001", 5)] if matches else []
    )


@pytest.mark.parametrize(
    ("known", "suppressed", "upper", "quality"),
    # lower = known; upper = known + 2 for each of three suppressed agencies; 1.05 and 1.10 are the last of their flag
    [(120, 3, 126, 1), (119, 3, 125, 2), (60, 3, 66, 2), (59, 3, 65, 3), (100, 0, 100, 1)],
)
def test_quality_by_the_width_of_the_bounds(areas, known, suppressed, upper, quality):
    students = [total("0100001", known), *(total(f"010000{number}", "S") for number in range(2, 2 + suppressed))]
    agencies = [(leaid, "01001", 1000) for leaid, *_ in students]
    row = areas(students, agencies, year=2014)["count", "01001", "All"]
    assert (row["lower"], row["upper"], row["quality"]) == (known, upper, quality)


@pytest.mark.parametrize(("suppressed", "upper"), [(1, 41), (2, 42), (3, 46)])
def test_three_suppressed_agencies_of_a_state_are_enough(areas, suppressed, upper):
    # 40 and the smallest value of the state (1) each; from three on 2 each. Other states do not count
    students = [total("0100001", 40), *(total(f"010000{number}", "S") for number in range(2, 2 + suppressed))]
    students += [total(f"020000{number}", "S") for number in range(5)]
    agencies = [(leaid, "01001", 1000) for leaid, *_ in students if leaid.startswith("01")]
    assert areas(students, agencies, year=2014)["count", "01001", "All"]["upper"] == upper


def test_quality_of_an_area_with_thirty_students_enrolled(areas):
    # With fewer than 30 the flag is 3, but then 30 homeless students would be more than are enrolled
    rows = areas([total("0100001", 30)], [("0100001", "01001", 30)], year=2014)
    assert rows["count", "01001", "All"]["quality"] == 1


@pytest.mark.parametrize(("homeless", "note"), [(30, None), (31, "suppressed: share above 1")])
def test_a_share_of_one_is_published(areas, homeless, note):
    row = areas([total("0100001", homeless)], [("0100001", "01001", 30)], year=2014)["share", "01001", "All"]
    assert (row["note"], row["value"]) == (note, None if note else 1)


@pytest.mark.parametrize(("enrollment", "value"), [(1, 0), (0, None), (-1, None), (-2, None), (None, None)])
def test_enrollment_that_is_not_reported_is_none(areas, enrollment, value):
    # agency 1 alone decides: 40 of 4,000 students; the enrollment of agency 2 counts where it is above zero
    rows = areas(
        [total("0100001", 40), total("0100002", 60)],
        [("0100001", "01001", 4000), ("0100002", "01001", enrollment)],
        year=2014,
    )
    assert rows["share", "01001", "All"]["denominator"] == 4000 + (enrollment if value == 0 else 0)
    assert rows["count", "01001", "All"]["value"] == (100 if value == 0 else 40)


@pytest.mark.parametrize(
    ("count", "note"), [(1, "suppressed: count of 2 or fewer"), (2, "suppressed: count of 2 or fewer"), (3, None)]
)
def test_a_race_of_two_students_or_fewer_is_suppressed(areas, count, note):
    rows = areas(races(black=count, hispanic=30, white=27), AGENCY, ENROLLED)
    for measure in ("count", "share"):
        assert rows[measure, "01001", "Black, Non-Hispanic"]["note"] == note


def test_races_have_their_own_enrollment(areas):
    # CCD codes: 1 White, 2 Black, 3 Hispanic, 4 to 7 the others
    enrolled = [("0100001", race, 100 * race) for race in range(1, 8)]
    rows = areas(races(black=10, hispanic=20, white=20, other=[("asian", 10)]), AGENCY, enrolled)
    assert {label: rows["share", "01001", label]["denominator"] for _, _, label in rows if label != "All"} == {
        "White, Non-Hispanic": 100,
        "Black, Non-Hispanic": 200,
        "Hispanic": 300,
        "Other Races and Ethnicities": 400 + 500 + 600 + 700,
    }


@pytest.mark.parametrize("other", ["asian", "american_indian", "pacific_islander", "two_or_more"])
def test_each_of_the_four_other_groups_counts(areas, other):
    row = areas(races(white=8, other=[(other, 12)]), AGENCY, ENROLLED)["count", "01001", "Other Races and Ethnicities"]
    assert (row["value"], row["lower"], row["upper"]) == (12, 12, 12)


def test_other_races_are_suppressed_by_their_sum_alone(areas):
    # suppressed Asian and Pacific students make 2: not 1, so no bounds (card, step 3)
    students = [*races(white=18), ("0100001", "asian", None, True), ("0100001", "pacific_islander", None, True)]
    students += [("0100001", "two_or_more", 3, False)]
    row = areas(students, AGENCY, ENROLLED)["count", "01001", "Other Races and Ethnicities"]
    assert (row["value"], row["lower"], row["upper"]) == (5, 5, 5)


def test_the_rules_of_the_corrected_method_for_races(areas):
    # nothing reported for the other races: 0 students instead of 1
    row = areas(races(), AGENCY, ENROLLED, rule_other_races_default=0)["count", "01001", "Other Races and Ethnicities"]
    assert row["note"] == "suppressed: count of 2 or fewer"
    # 41 of 60 are 68 percent; with the default of 1 for the others they are 70 percent
    assert (
        areas(races(white=1), AGENCY, ENROLLED, rule_other_races_default=0)["count", "01001", "Hispanic"]["value"]
        is None
    )
    assert areas(races(white=1), AGENCY, ENROLLED)["count", "01001", "Hispanic"]["value"] == 20


def test_the_check_that_races_add_up_is_skipped_where_the_black_share_is_above_one(areas):
    # 2 Black students of 1 enrolled; 2 + 1 + 1 of 60 do not add up to 70 percent
    enrolled = [(leaid, race, 1 if race == 2 else 100) for leaid, race, _ in ENROLLED]
    rows = areas(races(black=2, hispanic=5, white=5), AGENCY, enrolled)
    assert rows["count", "01001", "Black, Non-Hispanic"]["note"] == "suppressed: share above 1"
    assert rows["count", "01001", "Hispanic"]["value"] == 5
    right = areas(races(black=2, hispanic=5, white=5), AGENCY, enrolled, rule_race_check_keyed_on_black=False)
    assert right["count", "01001", "Hispanic"]["value"] is None


def test_races_begin_with_the_first_year_that_has_them(areas):
    assert {label for _, _, label in areas(races(), AGENCY, ENROLLED, year=2018)} == {"All"}
    assert len({label for _, _, label in areas(races(), AGENCY, ENROLLED, year=2019)}) == 5


def test_labels_have_their_type_and_the_number_of_agencies(areas):
    rows = areas([*races(), ("0100002", "all", 9, False)], [*AGENCY, ("0100002", "01001", 50)], ENROLLED)
    assert rows["count", "01001", "All"]["subgroup_type"] == "all"
    assert rows["share", "01001", "Hispanic"]["subgroup_type"] == "race-ethnicity"
    assert rows["share", "01001", "All"]["sample_size"] == 2
    assert (rows["share", "01001", "All"]["numerator"], rows["share", "01001", "All"]["denominator"]) == (69, 750)
    assert rows["share", "01003", "Hispanic"]["note"] == "no agency with homeless students in this area"
