"""Reported crime and juvenile arrests by hand: agencies to areas, rates, what is missing, quality (cards, sections 3 to 8)."""

import pytest
from examples import city_names

AGENCIES = "ori VARCHAR, position INTEGER, geoid VARCHAR, weight DOUBLE, core_city BOOLEAN, months SMALLINT"
OFFENSES = "ori VARCHAR, offense VARCHAR, against VARCHAR, offenses BIGINT"
FONDLING = "sex offenses - fondling (indecent liberties/child molest)"
MURDER = "murder/nonnegligent manslaughter"
SUPPRESSIONS = (
    "metric VARCHAR, measure VARCHAR, year SMALLINT, geography VARCHAR, geoid VARCHAR, what VARCHAR, reason VARCHAR"
)


def agency(ori, geoid="01001", weight=1.0, core=False, months=12, position=1):
    return (ori, position, geoid, weight, core, months)


@pytest.fixture
def crime(run_sql):
    """(violent, property, quality, note) by geoid; 01001 has 1,000 residents, 01003 29, 48301 64."""

    def run(agencies, offenses, year=2022, geography="county", **rules):
        rows = run_sql(
            "metrics/reported-crime.sql",
            variables={"metric": "reported-crime", "year": year, "geography": geography, **rules},
            tables={
                "agencies": (AGENCIES, agencies),
                "offenses": (OFFENSES, offenses),
                "population": ("geoid VARCHAR, population BIGINT", [("01001", 1000), ("01003", 29), ("48301", 64)]),
                "manual_suppression": (
                    SUPPRESSIONS,
                    [("reported-crime", None, None, "county", "48301", "value", "few residents")],
                ),
                "universe": ("year SMALLINT, geoid VARCHAR", [(year, geoid) for geoid in ("01001", "01003", "48301")]),
            },
        )
        found = {(row["measure"], row["geoid"]): row for row in rows}
        return {
            geoid: (
                found["rate_crime_violent", geoid]["value"],
                found["rate_crime_property", geoid]["value"],
                found["rate_crime_violent", geoid]["quality"],
                found["rate_crime_violent", geoid]["note"],
            )
            for geoid in ("01001", "01003", "48301")
        }

    return run


def test_offenses_of_an_area_over_its_residents(crime):
    offenses = [("A", "assault", "person", 3), ("A", "robbery", "property", 5), ("A", "drugs", "society", 7)]
    offenses += [("B", "assault", "person", 4)]
    rows = crime([agency("A"), agency("B", weight=0.25)], offenses)
    assert rows["01001"] == (pytest.approx(400), 500, 1, None)  # 3 + 4 x 0.25 = 4 of 1,000
    assert rows["01003"] == (None, None, None, "no agency of this area reported")


def test_an_agency_with_offenses_of_no_kind_that_counts_has_a_rate_of_zero(crime):
    assert crime([agency("A")], [("A", "drugs", "society", 7)])["01001"] == (0, 0, 1, None)


@pytest.mark.parametrize(
    ("population", "value", "note"),
    [
        (None, None, "no population estimate"),
        (29, None, "suppressed: fewer than 30 residents"),
        (30, 10000, None),
        (31, pytest.approx(3 / 31 * 100000), None),
    ],
)
def test_thirty_residents_are_enough(run_sql, population, value, note):
    rows = run_sql(
        "metrics/reported-crime.sql",
        variables={"metric": "reported-crime", "year": 2022, "geography": "county", "universe_year": 2021},
        tables={
            "agencies": (AGENCIES, [agency("A"), agency("B", weight=0)]),
            "offenses": (OFFENSES, [("A", "assault", "person", 3)]),
            "population": ("geoid VARCHAR, population BIGINT", [("01001", population)]),
            "manual_suppression": (SUPPRESSIONS, []),
            "universe": ("year SMALLINT, geoid VARCHAR", [(2021, "01001"), (2022, "01003")]),
        },
    )
    assert {(row["measure"], row["geoid"]) for row in rows} == {
        ("rate_crime_violent", "01001"),
        ("rate_crime_property", "01001"),
    }
    violent = next(row for row in rows if row["measure"] == "rate_crime_violent")
    names = ("value", "numerator", "denominator", "sample_size", "note")
    kept = value is not None
    assert tuple(violent[name] for name in names) == (value, 3 if kept else None, population if kept else None, 2, note)


@pytest.mark.parametrize(
    ("changed", "is_taken_back"),
    [
        ({}, True),
        ({"year": 2022}, True),
        ({"year": 2021}, False),
        ({"metric": "juvenile-arrests"}, False),
        ({"geography": "place"}, False),
        ({"what": "quality"}, False),
    ],
)
def test_what_is_taken_back_by_hand_is_of_its_metric_year_and_geography(run_sql, changed, is_taken_back):
    row = {"metric": "reported-crime", "measure": None, "year": None, "geography": "county", "geoid": "01001"}
    row |= {"what": "value", "reason": "few residents"} | changed
    rows = run_sql(
        "metrics/reported-crime.sql",
        variables={"metric": "reported-crime", "year": 2022, "geography": "county"},
        tables={
            "agencies": (AGENCIES, [agency("A")]),
            "offenses": (OFFENSES, [("A", "assault", "person", 3)]),
            "population": ("geoid VARCHAR, population BIGINT", [("01001", 1000)]),
            "manual_suppression": (SUPPRESSIONS, [tuple(row.values())]),
            "universe": ("year SMALLINT, geoid VARCHAR", [(2022, "01001")]),
        },
    )
    assert [each["value"] is None for each in rows] == [is_taken_back] * 2


def test_few_residents_and_values_taken_back_by_hand(crime):
    offenses = [(ori, "assault", "person", 3) for ori in "AB"]
    rows = crime([agency("A", "01003"), agency("B", "48301")], offenses)
    assert rows["01003"] == (None, None, None, "suppressed: fewer than 30 residents")
    assert rows["48301"] == (None, None, None, "suppressed by hand: few residents")


@pytest.mark.parametrize(
    ("cores", "reports", "quality"),
    [
        # one letter per agency: C core city, - not, ? not known; R reports, . does not
        ("-----", "RRRRR", 1),
        ("-----", "RRRR.", 2),  # 0.8
        ("----", "RRR.", 3),
        ("C---", "R...", 2),  # all core cities
        ("CC--", "RR..", 2),
        ("CC--", "R...", 3),
        ("C?--", "R...", 3),  # whether one is a core city is not known
        ("----", "....", None),
        ("C---", "....", None),
    ],
)
def test_quality_by_the_agencies_that_report(crime, cores, reports, quality):
    known = {"C": True, "-": False, "?": None}
    agencies = [agency(str(number), core=known[core]) for number, core in enumerate(cores)]
    offenses = [(str(number), "assault", "person", 1) for number, letter in enumerate(reports) if letter == "R"]
    assert crime(agencies, offenses)["01001"][2] == quality


def test_fondling_is_not_counted_under_its_right_name(crime):
    offenses = [("A", FONDLING, "person", 10), ("A", "assault", "person", 1)]
    assert crime([agency("A")], offenses)["01001"][0] == 100
    assert crime([agency("A")], offenses, rule_misspelt_fondling=False)["01001"][0] == 1100


@pytest.mark.parametrize(
    ("year", "geography", "violent"), [(2023, "county", 100), (2022, "county", 300), (2023, "place", 300)]
)
def test_murders_are_missing_in_counties_of_2023(crime, year, geography, violent):
    offenses = [("A", MURDER, "person", 2), ("A", "assault", "person", 1)]
    assert crime([agency("A")], offenses, year=year, geography=geography)["01001"][0] == violent
    corrected = crime([agency("A")], offenses, year=year, geography=geography, rule_county_homicides_of_2023=False)
    assert corrected["01001"][0] == 300


@pytest.mark.parametrize("months", [7, 11])
def test_an_agency_that_reports_some_months_is_named_and_in_corrected_never_a_number(crime, months):
    agencies, offenses = [agency("A", months=months)], [("A", "assault", "person", 1)]
    assert crime(agencies, offenses)["01001"] == (100, 0, 1, f"part of the year only: A ({months} months)")
    corrected = crime(agencies, offenses, rule_partial_years=False)["01001"]
    assert corrected == (None, None, None, f"an agency reports part of the year: A ({months} months)")
    two = crime([agency("B", months=3), *agencies], [*offenses, ("B", "assault", "person", 1)])["01001"]
    assert two == (200, 0, 1, f"part of the year only: A ({months} months), B (3 months)")


@pytest.mark.parametrize(("months", "quality"), [(12, 1), (11, None), (None, None)])
def test_a_whole_year_without_offense_is_a_report_in_corrected_only(crime, months, quality):
    assert crime([agency("A", months=months)], [])["01001"][2] is None
    corrected = crime([agency("A", months=months)], [], rule_years_without_offense=False)["01001"]
    assert corrected[:3] == ((0, 0, 1) if quality else (None, None, None))


# -- arrests --------------------------------------------------------------------------------------------

COUNTS = ("arrests", "juvenile", "white", "black", "other_races", "hispanic", "without_ethnicity")
COUNTS += ("male", "female", "age_10_14", "age_15_17")
RESIDENTS = "geoid VARCHAR, male_10_14 BIGINT, male_15_17 BIGINT, female_10_14 BIGINT, female_15_17 BIGINT, "
RESIDENTS += "white BIGINT, black BIGINT, hispanic BIGINT"


@pytest.fixture
def arrests(run_sql):
    """(value, quality) by subgroup of county 01001, or other columns."""

    def run(
        agencies,
        counts,
        residents=(400, 200, 300, 100, 500, 200, 100),
        listed=2022,
        shown=("value", "quality"),
        **rules,
    ):
        rows = run_sql(
            "metrics/juvenile-arrests.sql",
            variables={"year": 2022, **rules},
            tables={
                "agencies": (AGENCIES, agencies),
                "arrests": (
                    "ori VARCHAR, " + ", ".join(f"{name} BIGINT" for name in COUNTS),
                    [(ori, *(row.get(name, 0) for name in COUNTS)) for ori, row in counts.items()],
                ),
                "residents": (RESIDENTS, [("01001", *residents)] if residents else []),
                "universe": ("year SMALLINT, geoid VARCHAR", [(listed, "01001"), (1999, "01003")]),
            },
        )
        assert {row["geoid"] for row in rows} == {"01001"}
        return {row["subgroup"]: tuple(row[name] for name in shown) for row in rows}

    return run


def test_arrests_of_each_group_over_its_residents(arrests):
    counts = {"arrests": 90, "juvenile": 20, "white": 10, "black": 4, "other_races": 3, "hispanic": 2}
    counts |= {"male": 12, "female": 8, "age_10_14": 7, "age_15_17": 13}
    found = arrests([agency("A")], {"A": counts}, (400, 200, 300, 100, 500, 250, 100))
    assert {group: value for group, (value, _) in found.items()} == {
        "All": 2000,  # 20 of 1,000
        "White": 2000,  # 10 of 500
        "Black": 1600,  # 4 of 250
        "Other Races and Ethnicities": 1200,  # 3 of 1,000 - 500 - 250
        "Hispanic": 2000,
        "Male": 2000,  # 12 of 600
        "Female": 2000,  # 8 of 400
        "Age 10 to 14": 1000,  # 7 of 700
        "Age 15 to 17": pytest.approx(13 / 300 * 100000),
    }
    assert {quality for _, quality in found.values()} == {1}


def test_one_arrest_without_ethnicity_leaves_the_agency_without_hispanic_arrests(arrests):
    counts = {
        "A": {"arrests": 9, "juvenile": 9, "hispanic": 5, "without_ethnicity": 1},
        "B": {"arrests": 9, "juvenile": 9, "hispanic": 2},
    }
    agencies = [agency("A"), agency("B")]
    assert arrests(agencies, counts)["Hispanic"][0] == 2000
    assert arrests(agencies, counts, rule_hispanic_wiped_out=False)["Hispanic"][0] == pytest.approx(7000)


def test_agencies_without_any_arrest_do_not_report_and_adults_arrests_are_reports(arrests):
    assert arrests([agency("A"), agency("B")], {"A": {"arrests": 5}})["All"] == (0, 3)
    assert arrests([agency("A")], {})["All"] == (None, None)


@pytest.mark.parametrize(("black", "value"), [(30, 0), (29, None)])
def test_groups_of_fewer_than_thirty_residents(arrests, black, value):
    found = arrests([agency("A")], {"A": {"arrests": 5}}, (400, 200, 300, 100, 500, black, 100))
    assert found["Black"] == (value, 1 if value is not None else None)
    assert found["All"] == (0, 1)


def test_fewer_than_thirty_residents_of_that_age_leave_every_group_without_a_value(arrests):
    found = arrests([agency("A")], {"A": {"arrests": 5}}, (10, 10, 5, 4, 40, 40, 40))
    assert set(found.values()) == {(None, None)}


@pytest.mark.parametrize(
    ("cores", "reports", "quality"),
    [("C---", "R...", 2), ("CC--", "RR..", 2), ("CC--", "R...", 3), ("C?--", "R...", 3)],
)
def test_all_core_cities_are_enough_for_arrests_too(arrests, cores, reports, quality):
    known = {"C": True, "-": False, "?": None}
    agencies = [agency(str(number), core=known[core]) for number, core in enumerate(cores)]
    counts = {str(number): {"arrests": 1} for number, letter in enumerate(reports) if letter == "R"}
    assert arrests(agencies, counts)["All"] == (0, quality)


@pytest.mark.parametrize(("months", "quality"), [(12, 1), (11, None), (13, None), (None, None)])
def test_a_whole_year_without_arrest_is_a_report_in_corrected_only(arrests, months, quality):
    assert arrests([agency("A", months=months)], {})["All"] == (None, None)
    corrected = arrests([agency("A", months=months)], {}, rule_years_without_arrest=False)["All"]
    assert corrected == ((0, 1) if quality else (None, None))
    assert arrests([agency("A", months=12)], {}, listed=2021, universe_year=2021)["All"] == (None, None)


def test_arrests_of_which_none_has_an_ethnicity_are_no_hispanic_ones(arrests):
    assert arrests([agency("A")], {"A": {"arrests": 9, "hispanic": 5, "without_ethnicity": 1}})["Hispanic"] == (0, 1)


def test_arrests_of_part_of_the_year_name_the_agency_and_are_no_number_in_corrected(arrests):
    agencies = [agency("B", months=3), agency("A", months=11), agency("C"), agency("D", months=5)]
    counts, shown = {ori: {"arrests": 5, "juvenile": 4} for ori in "ABC"}, ("value", "note")
    partial = "A (11 months), B (3 months)"
    assert arrests(agencies, counts, shown=shown)["All"] == (1200, f"part of the year only: {partial}")
    corrected = arrests(agencies, counts, shown=shown, rule_partial_years=False)["All"]
    assert corrected == (None, f"an agency reports part of the year: {partial}")
    for whole in (True, False):
        assert arrests([agency("A")], counts, shown=shown, rule_partial_years=whole)["All"] == (400, None)


@pytest.mark.parametrize(
    ("agencies", "residents", "note"),
    [
        ([], (400, 200, 300, 100, 500, 200, 100), "no agency of this area reported"),
        ([agency("B")], (400, 200, 300, 100, 500, 200, 100), "no agency of this area reported"),
        ([agency("A")], None, "no population estimate"),
        ([agency("A")], (10, 10, 5, 4, 40, 40, 40), "suppressed: fewer than 30 residents aged 10 to 17"),
    ],
)
def test_arrests_without_a_rate_say_why(arrests, agencies, residents, note):
    shown = ("value", "quality", "numerator", "denominator", "note")
    found = arrests(agencies, {"A": {"arrests": 5}}, residents, shown=shown)
    assert set(found.values()) == {(None, None, None, None, note)}


def test_thirty_residents_of_that_age_are_enough_and_a_group_of_fewer_says_so(arrests):
    found = arrests([agency("A")], {"A": {"arrests": 5}}, (10, 10, 5, 5, 30, 29, 31), shown=("value", "note"))
    assert found["All"] == found["White"] == found["Hispanic"] == (0, None)
    assert found["Black"] == (None, "suppressed: fewer than 30 residents of the group")


# -- agencies to areas ------------------------------------------------------------------------------------

HEADER = "ori VARCHAR, agency_type VARCHAR, state VARCHAR, city_name VARCHAR, core_city BOOLEAN, "
HEADER += "first_county VARCHAR, counties VARCHAR[], months SMALLINT"
LEAIC = "ori VARCHAR, county VARCHAR, place VARCHAR"


def header(ori="A", kind="city", state="37", city="greensboro", counties=("081",)):
    return (ori, kind, state, city, False, counties[0] if counties else None, list(counties), 12)


@pytest.fixture
def counties(run_sql):
    def run(*agencies, leaic=(), year=2022, **rules):
        residents = [("37081", 300), ("37067", 100), ("46102", 50), ("02063", 30), ("02066", 10)]
        changes = [("46113", "46102", 2015), ("02261", "02063", 2020), ("02261", "02066", 2020)]
        rows = run_sql(
            "geography/agency_county.sql",
            variables={"year": year, **rules},
            tables={
                "nibrs_agency": (HEADER, list(agencies)),
                "leaic_agency": (LEAIC, list(leaic)),
                "acs_population": ("geoid VARCHAR, population BIGINT", residents),
                "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", changes),
            },
        )
        return {(row["ori"], row["geoid"]): row["weight"] for row in rows}

    return run


def test_an_agency_of_several_counties_is_divided_by_their_residents(counties):
    found = counties(header(counties=("081", "067", "999")))
    assert found == {("A", "37081"): 0.75, ("A", "37067"): 0.25}  # 999 has no residents and no part


def test_state_police_are_left_out_and_agencies_of_no_known_kind_kept(counties):
    agencies = [header("A", "state police"), header("B", None), header("C", "state police", counties=())]
    assert counties(*agencies, leaic=[("C", "067", "99067")]) == {("B", "37081"): 1}


def test_a_missing_first_county_is_that_of_leaic(counties):
    agencies = [header("A", counties=()), header("B", counties=()), header("C")]
    leaic = [("A", "067", "99067"), ("C", "067", "99067")]
    assert counties(*agencies, leaic=leaic) == {("A", "37067"): 1, ("C", "37081"): 1}


def test_codes_that_ended_are_recoded_in_corrected_only(counties):
    agencies = [header("A", state="46", counties=("113",)), header("B", state="02", counties=("261",))]
    assert counties(*agencies) == {}
    assert counties(*agencies, rule_old_county_codes=False) == {
        ("A", "46102"): 1,
        ("B", "02063"): 0.75,
        ("B", "02066"): 0.25,
    }
    # In the first year of the new code, and before it
    assert counties(agencies[0], year=2015, rule_old_county_codes=False) == {("A", "46102"): 1}
    assert counties(agencies[0], year=2014, rule_old_county_codes=False) == {}


@pytest.fixture
def places(run_sql):
    def run(*agencies, leaic=(), **rules):
        listed = [(2022, "3728000", "37", "Greensboro city"), (2022, "3731400", "37", "High Point city")]
        listed += [
            (2022, "3775000", "37", "Winston-Salem city"),
            (2022, "1836003", "18", "Indianapolis city (balance)"),
            (2021, "3750000", "37", "Oldtown city"),
            (2021, "3775000", "37", "Winston-Salem city"),
        ]
        crosswalk = [
            ("37067", "37", "75000"),
            ("37081", "37", "28000"),
            ("37081", "37", "31400"),
            ("37067", "37", "99999"),
        ]
        rows = run_sql(
            "geography/agency_place.sql",
            variables={"year": 2022, "last_list_year": 2023, "crosswalk_year": 2021, **rules},
            tables={
                "nibrs_agency": (HEADER, list(agencies)),
                "leaic_agency": (LEAIC, list(leaic)),
                "place_city_name": city_names(run_sql, listed),
                "county_to_place": (
                    "countyfip VARCHAR, state VARCHAR, place VARCHAR, first_year SMALLINT, last_year SMALLINT",
                    [(*row, 2020, 2021) for row in crosswalk],
                ),
            },
        )
        assert {(row["position"], row["weight"]) for row in rows} <= {(1, 1)}
        return {row["ori"]: row["geoid"] for row in rows}

    return run


def test_the_place_of_leaic_is_final_also_where_it_is_no_place_of_the_list(places):
    agencies = [header("A", city="elsewhere"), header("B", city="greensboro"), header("C", city="greensboro")]
    assert places(*agencies, leaic=[("A", "081", "28000"), ("B", "081", "99081")]) == {"A": "3728000", "C": "3728000"}


@pytest.mark.parametrize(
    ("state", "city", "geoid"),
    [
        ("37", "WINSTON SALEM", "3775000"),
        ("37", "winston-salem", None),
        ("18", "Indianapolis", "1836003"),
        ("37", "Indianapolis", None),
        ("37", "Oldtown", None),  # of another year
    ],
)
def test_names_of_the_police(places, state, city, geoid):
    assert places(header("A", state=state, city=city, counties=("999",))) == ({"A": geoid} if geoid else {})


def test_state_police_belong_to_no_place(places):
    assert places(header("A", "state police")) == {}


def test_years_after_the_newest_list_take_it(places):
    assert places(header("A"), year=2024, last_list_year=2022) == {"A": "3728000"}


def test_an_agency_of_a_county_with_one_large_place_counts_for_it(places):
    agencies = [
        header("A", "county", city=None, counties=("067",)),
        header("B", "county", city=None, counties=("081",)),
    ]
    assert places(*agencies) == {"A": "3775000"}
    assert places(*agencies, rule_county_agencies_of_one_big_city=False) == {}
    # The crosswalk of another year only where the year's line says so
    assert places(*agencies, year=2021, crosswalk_year=None) == {"A": "3775000"}
    assert places(*agencies, crosswalk_year=None) == {}
