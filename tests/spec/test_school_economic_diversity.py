"""Students in high-poverty schools by hand: the threshold, missing estimates and numbers, quality (card, sections 3 and 8)."""

import pytest
from examples import CITY_NAMES, city_names

SCHOOLS = "ncessch VARCHAR, geoid VARCHAR, enrollment BIGINT"
RACES = "ncessch VARCHAR, race INTEGER, enrollment BIGINT"
MEPS = "ncessch VARCHAR, poverty_percent DOUBLE"
NO_ESTIMATE = "no school of the area has a poverty estimate: counted as 0"


@pytest.fixture
def shares(run_sql):
    """(value, quality, note) of Black students (or another race) by county; 01001 and 01003 are in the list."""

    def run(schools, black, meps, others=(), race="black", **variables):
        rows = run_sql(
            "metrics/school-economic-diversity.sql",
            variables={
                "year": 2019,
                "threshold": 0.2,
                "single_precision": True,
                "missing_race_counts": "zero",
                **variables,
            },
            tables={
                "schools": (SCHOOLS, schools),
                "race_enrollment": (RACES, [(school, 2, count) for school, count in black] + list(others)),
                "meps": (MEPS, meps),
                "universe": ("year SMALLINT, geoid VARCHAR", [(2019, "01001"), (2019, "01003"), (2018, "01005")]),
            },
        )
        assert {row["geoid"] for row in rows} == {"01001", "01003"} and len(rows) == 6
        return {
            row["geoid"]: (row["value"], row["quality"], row["note"])
            for row in rows
            if row["measure"] == f"share_meps20_{race}"
        }

    return run


def two(first=10.0, second=30.0):
    """Two schools of one county, with 60 and 40 Black students."""
    schools = [("A", "01001", 500), ("B", "01001", 300)]
    meps = [(school, percent) for school, percent in (("A", first), ("B", second)) if percent is not None]
    return schools, [("A", 60), ("B", 40)], meps


def test_students_in_schools_of_twenty_percent_or_more_over_all_students(shares):
    rows = shares(*two())
    assert rows["01001"] == (pytest.approx(0.4), 1, None)
    assert rows["01003"] == (None, None, "no school found for this area")


@pytest.mark.parametrize(("race", "share"), [("white", 0.1), ("black", 0.4), ("hispanic", 0.8)])
def test_each_race_has_its_own_students(shares, race, share):
    others = [("A", 1, 90), ("B", 1, 10), ("A", 3, 20), ("B", 3, 80)]
    assert shares(*two(), others=others, race=race)["01001"] == (pytest.approx(share), 1, None)


@pytest.mark.parametrize("single", [True, False])
def test_a_threshold_that_single_precision_can_hold_is_high_poverty_too(shares, single):
    rows = shares(*two(second=25.0), single_precision=single, threshold=0.25)
    assert rows["01001"][0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("percent", "single", "high"),
    [
        (19.99, True, False),
        (20.0, True, True),
        (19.9999999, True, True),
        (19.9999999, False, False),
        (20.0, False, True),
    ],
)
def test_exactly_twenty_percent_is_high_poverty_also_in_single_precision(shares, percent, single, high):
    value, _, _ = shares(*two(second=percent), single_precision=single)["01001"]
    assert value == pytest.approx(0.4 if high else 0)


def test_a_share_is_held_in_single_precision(shares):
    schools, _, meps = two()
    counts = [("A", 2), ("B", 1)]
    assert f"{shares(schools, counts, meps)['01001'][0]:.8g}" == "0.33333334"
    assert shares(schools, counts, meps, single_precision=False)["01001"][0] == 1 / 3


def test_schools_without_an_estimate_stay_in_the_denominator(shares):
    assert shares(*two(first=None))["01001"][0] == pytest.approx(0.4)
    assert shares(*two(first=None), rule_schools_without_meps=False)["01001"][0] == 1
    assert shares(*two(None, None))["01001"] == (0, 1, NO_ESTIMATE)
    assert shares(*two(None, None), rule_schools_without_meps=False)["01001"][:2] == (None, None)


@pytest.mark.parametrize("enrollment", [0, None, -1])
def test_schools_without_enrollment_in_the_directory_are_dropped(shares, enrollment):
    _, counts, meps = two()
    schools = [("A", "01001", enrollment), ("B", "01001", 300)]
    assert shares(schools, counts, meps)["01001"][0] == 1
    assert shares(schools, counts, meps, rule_selected_on_directory=False)["01001"][0] == pytest.approx(0.4)
    for few in (1, 2):
        assert shares([("A", "01001", few), *schools[1:]], counts, meps)["01001"][0] == pytest.approx(0.4)


def test_a_school_without_counts_by_race_counts_nothing_or_leaves_the_area_without_a_value(shares):
    schools, counts, meps = two()
    assert shares(schools, counts[1:], meps)["01001"][0] == 1
    assert shares(schools, [], meps)["01001"] == (None, None, "no student of this group")
    edition_2026 = shares(schools, counts[1:], meps, missing_race_counts="missing")
    assert edition_2026["01001"] == (None, None, "a school of the area has no enrollment by race")


@pytest.mark.parametrize(("students", "quality"), [(30, 1), (29, 2), (15, 2), (14, 3), (2, 3), (1, 3), (0, None)])
@pytest.mark.parametrize("single", [True, False])
def test_quality_by_the_students_of_the_group(shares, single, students, quality):
    school = [("A", "01001", 500)], [("A", students)], [("A", 50.0)]
    value, found, note = shares(*school, single_precision=single)["01001"]
    assert (value, found) == ((1, quality) if students else (None, None))
    assert note == (None if students else "no student of this group")


COUNTIES = "ncessch VARCHAR, county_geoid VARCHAR, city VARCHAR, enrollment BIGINT"


@pytest.mark.parametrize(
    ("city", "letters", "matches"),
    [
        ("MCALLEN", "proper", True),
        ("Mc Allen", "proper", False),
        ("lee's summit", "proper", False),  # Lee'S Summit in the proper case of Stata
        ("lee's summit", "lower", True),
        ("WINSTON-SALEM", "proper", True),
    ],
)
def test_places_by_the_city_of_the_address_in_the_state_of_the_county(run_sql, city, letters, matches):
    places = [(2019, "4845744", "48", "McAllen city"), (2019, "4800001", "48", "Lee's Summit city")]
    places += [(2019, "4800002", "48", "Winston-Salem city")]
    schools = [("A", "48215", city, 5), ("B", "29215", city, 5), ("C", None, city, 5)]
    tables = {"place_city_name": city_names(run_sql, places), "ccd_school": (COUNTIES, schools)}
    rows = run_sql("geography/school_to_place.sql", variables={"year": 2019, "letters": letters}, tables=tables)
    assert [row["ncessch"] for row in rows] == (["A"] if matches else [])
    counties = run_sql("geography/school_to_county.sql", tables={"ccd_school": (COUNTIES, schools)})
    assert [(row["ncessch"], row["geoid"]) for row in counties] == [("A", "48215"), ("B", "29215")]


def test_names_of_places_are_those_of_the_list_of_schools_in_the_year(run_sql):
    names = [("schools", 2019, "4800001", "48", "Here"), ("schools", 2018, "4800002", "48", "Before")]
    names += [("learning growth", 2019, "4800003", "48", "There")]
    schools = [(name, "48215", name, 5) for name in ("Here", "Before", "There")]
    tables = {"place_city_name": (CITY_NAMES, names), "ccd_school": (COUNTIES, schools)}
    rows = run_sql("geography/school_to_place.sql", variables={"year": 2019, "letters": "proper"}, tables=tables)
    assert [tuple(row.values()) for row in rows] == [("Here", "4800001", 5)]
