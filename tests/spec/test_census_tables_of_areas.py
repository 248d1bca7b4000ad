"""Census tables of tracts, counties and places by hand (staged/acs_tables.sql): lines, files in order, what is lacking."""

import pytest

FIGURES = (
    "raw_file VARCHAR, raw_line BIGINT, table_id VARCHAR, GEO_ID VARCHAR, E001 VARCHAR, M001 VARCHAR, E101 VARCHAR"
)
TRACT, COUNTY, PLACE = "1400000US37067000100", "0500000US37067", "1600000US3775000"
FORMS = ("api_tract", "api_county", "api_place", "summary", "download")
LIST = ["37067000100", "37067000200", "37069000100", "45001000100"]


def row(geo_id, estimate="5", margin="2", file="a.json", line=1, table="B01003", further="7"):
    return (file, line, table, geo_id, estimate, margin, further)


@pytest.fixture
def staged(run_sql):
    """Rows of the first line by table, area and GEOID, or of the line that is asked for."""

    def run(vintage="2018", tracts=LIST, changes=(), connecticut=(), line=1, **files):
        rows = run_sql(
            "staged/acs_tables.sql",
            variables={"vintage": vintage},
            tables={
                **{form: (FIGURES, list(files.get(form, ()))) for form in FORMS},
                "tract_list": (
                    "state VARCHAR, county VARCHAR, tract VARCHAR",
                    [(code[:2], code[2:5], code[5:]) for code in tracts],
                ),
                "county_changes": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year VARCHAR", list(changes)),
                "connecticut": ("Tract_fips_2022 VARCHAR", [(code,) for code in connecticut]),
            },
        )
        return [row for row in rows if row["line"] == line]

    return run


def shown(rows, *names):
    return [tuple(map(row.get, names)) for row in rows]


def test_areas_are_tracts_counties_and_places_of_the_states(staged):
    others = ["0400000US37", "1500000US370670001001", "1400000US72001000100", "0500000US72001", "1600000US7200001"]
    rows = staged(summary=[row(geo_id) for geo_id in (TRACT, COUNTY, PLACE, *others)])
    assert shown(rows, "table_id", "area", "geoid", "estimate", "margin") == [
        ("B01003", "county", "37067", 5, 2),
        ("B01003", "place", "3775000", 5, 2),
        ("B01003", "tract", "37067000100", 5, 2),
    ]


def test_lines_are_numbered_as_in_the_table(staged):
    rows = staged(summary=[row(TRACT)], line=101)
    assert shown(rows, "estimate", "margin") == [(7, None)]
    assert shown(staged(summary=[row(TRACT, None, None)]), "estimate", "margin") == [(None, None)]


@pytest.mark.parametrize(
    ("geo_id", "first", "then"),
    [
        (TRACT, "api_tract", "summary"),
        (COUNTY, "api_county", "summary"),
        (PLACE, "api_place", "summary"),
        (TRACT, "summary", "download"),
    ],
)
def test_an_area_that_several_files_hold_is_taken_from_the_first(staged, geo_id, first, then):
    files = {first: [row(geo_id, file="b")], then: [row(geo_id, margin="3", file="a")]}
    assert shown(staged(**files), "estimate", "margin") == [(5, 2)]
    # Where the other one contradicts it both stay
    files[then] = [row(geo_id, "6", file="a")]
    assert sorted(shown(staged(**files), "estimate", "margin")) == [(5, 2), (6, 2)]


def test_an_area_that_is_twice_in_a_file_stays_twice(staged):
    assert shown(staged(summary=[row(TRACT), row(TRACT, line=2)]), "estimate") == [(5,), (5,)]


def listed(rows):
    return {row["geoid"]: row["listed"] for row in rows}


@pytest.mark.parametrize(
    ("vintage", "old", "new"),
    [("2013", True, False), ("2014", True, False), ("2015", False, True), ("2016", False, True)],
)
def test_tracts_are_listed_under_the_county_code_of_the_year(staged, vintage, old, new):
    files = {"summary": [row("1400000US46113940500"), row("1400000US46102940500", line=2)]}
    rows = staged(vintage, tracts=["46102940500"], changes=[("46113", "46102", "2015")], **files)
    assert listed(rows) == {"46113940500": old, "46102940500": new}


@pytest.mark.parametrize(
    ("vintage", "county", "region"),
    [("2020", True, False), ("2021", True, False), ("2022", False, True), ("2023", False, True)],
)
def test_tracts_of_connecticut_are_listed_under_planning_regions_from_2022_on(staged, vintage, county, region):
    files = {"summary": [row("1400000US09001010100"), row("1400000US09120010100", line=2), row(TRACT, line=3)]}
    rows = staged(vintage, tracts=[*LIST, "09001010100"], connecticut=["09120010100"], **files)
    assert listed(rows) == {"09001010100": county, "09120010100": region, "37067000100": True}


def test_places_have_no_list_and_water_is_on_none(staged):
    water, beside = "1400000US37067990000", "1400000US37067009900"
    places = [PLACE, "1600000US3799000"]
    counties = [COUNTY, "0500000US37099"]
    geo_ids = [TRACT, water, beside, "1400000US37099000100", *places, *counties]
    rows = staged(summary=[row(geo_id, line=number) for number, geo_id in enumerate(geo_ids)])
    assert {geoid for geoid, is_listed in listed(rows).items() if not is_listed} == {
        *("37067009900", "37099000100", "37099"),
    }


def test_how_many_tracts_and_counties_of_a_state_a_table_lacks(staged):
    rows = staged(
        summary=[row(TRACT), row(COUNTY), row(PLACE)]
        + [row(TRACT, table="B03002"), row(TRACT[:9] + LIST[1], table="B03002")]
    )
    assert shown(rows, "table_id", "area", "areas_lacking") == [
        ("B01003", "county", 1),
        ("B01003", "place", 0),
        ("B01003", "tract", 2),
        ("B03002", "tract", 1),
        ("B03002", "tract", 1),
    ]


SOUTH = "1400000US45001000100"
THREE_STATES = [*LIST, "13001000100"]


@pytest.mark.parametrize(
    ("files", "lacking"),
    [
        # Of one state, or of two in files of their own
        ({"api_tract": [row(TRACT)]}, None),
        ({"api_tract": [row(TRACT), row(SOUTH, file="b.json")]}, None),
        ({"summary": [row(TRACT, file="acsdt5y2018-b01003-37.dat")]}, None),
        ({"download": [row(TRACT), row("1400000US37183000100", line=2), row(PLACE, line=3)]}, None),
        # A file of two states, also where their codes begin alike, and one whose name gives none
        ({"api_tract": [row(TRACT), row(SOUTH)]}, "tracts of 13"),
        ({"api_tract": [row(TRACT), row("1400000US39001000100")]}, "tracts of 13, tracts of 45"),
        ({"summary": [row(TRACT, file="acsdt5y2018-b01003.dat")]}, "tracts of 13, tracts of 45"),
        ({"summary": [row(TRACT, file="acsdt5y2018-c01003a.dat.gz")]}, "tracts of 13, tracts of 45"),
        # What another file has is not lacking
        (
            {"summary": [row(TRACT, file="acsdt5y2018-b01003.dat")], "api_tract": [row(SOUTH)]},
            "tracts of 13",
        ),
        # A summary file with counties that ends before its places
        (
            {"summary": [row(COUNTY, file="acsdt5y2018-b01003.dat")]},
            "countys of 13, countys of 45, places of 13, places of 37, places of 45",
        ),
        (
            {"summary": [row(geo_id, file="acsdt5y2018-b01003.dat") for geo_id in (COUNTY, PLACE)]},
            "countys of 13, countys of 45, places of 13, places of 45",
        ),
        ({"download": [row(COUNTY), row("0500000US45001")]}, "countys of 13"),
    ],
)
def test_states_that_a_file_of_the_nation_lacks(staged, files, lacking):
    rows = staged(tracts=THREE_STATES, **files)
    assert {row["states_lacking"] for row in rows} == {lacking}
