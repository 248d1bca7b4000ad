"""Crosswalk rules by hand: the Alaska split, recoded counties, Connecticut and allocation quality."""

import duckdb
import pytest

from pipeline import settings

COUNTY = (
    "vintage VARCHAR, statefip VARCHAR, puma VARCHAR, county VARCHAR, population BIGINT, afact DOUBLE, afact2 DOUBLE"
)
REGION = "statefip VARCHAR, puma VARCHAR, county VARCHAR, population BIGINT, afact DOUBLE, afact2 DOUBLE"


@pytest.fixture
def crosswalk(run_sql):
    rows = [
        ("2018", "02", "00300", "261", 9636, 0.0586, 1.0),
        ("2018", "02", "00300", "270", 7459, 0.0454, 1.0),
        ("2018", "46", "00200", "113", 13586, 0.134, 1.0),
        ("2018", "09", "00100", "001", 1000, 1.0, 1.0),
        ("2022", "02", "00300", "063", 7102, 0.0435, 1.0),
        ("2022", "02", "00300", "066", 2617, 0.0160, 1.0),
        ("2022", "09", "20100", "001", 1000, 1.0, 1.0),
        ("2022", "37", "00100", "001", 300, 0.6, 0.75),
        ("2022", "37", "00200", "001", 100, 1.0, 0.25),
        ("2022", "37", "00100", "003", 200, 0.4, 1.0),
        ("2022", "37", "00300", "005", 0, 0.0, 0.0),
    ]
    # the same codes elsewhere: other counties of the PUMA or the state, other states' counties
    rows += [
        ("2018", "02", "00300", "090", 100, 0.1, 1.0),
        ("2018", "02", "00400", "020", 900, 1.0, 1.0),
        ("2018", "13", "00600", "261", 500, 1.0, 1.0),
        ("2018", "37", "00500", "113", 500, 0.5, 1.0),
        ("2018", "37", "00500", "270", 500, 0.5, 1.0),
        ("2018", "46", "00100", "099", 700, 1.0, 1.0),
        ("2022", "02", "00300", "090", 100, 0.1, 1.0),
        ("2022", "02", "00400", "020", 900, 1.0, 1.0),
        ("2022", "37", "00300", "063", 300, 1.0, 1.0),
        ("2022", "37", "00300", "066", 300, 1.0, 1.0),
    ]
    regions = [("09", "20100", "110", 400, 0.4, 1.0), ("09", "20100", "190", 600, 0.6, 1.0)]
    return run_sql(
        "geography/puma_to_county.sql",
        tables={"geocorr_puma_county": (COUNTY, rows), "geocorr_puma_planning_region": (REGION, regions)},
    )


def area(rows, period, geoid):
    return [row for row in rows if row["crosswalk_period"] == period and row["geoid"] == geoid]


def test_valdez_cordova_is_divided_in_the_ratio_of_2020(crosswalk):
    chugach, copper_river = (area(crosswalk, "pre-2022", f"02{code}")[0] for code in ("063", "066"))
    assert chugach["population"] == pytest.approx(9636 * 0.0435 / 0.0595)
    assert copper_river["afact"] == pytest.approx(0.0586 * 0.0160 / 0.0595)
    assert not area(crosswalk, "pre-2022", "02261")


def test_renamed_counties_carry_their_new_code_in_the_old_period(crosswalk):
    assert area(crosswalk, "pre-2022", "02158") and area(crosswalk, "pre-2022", "46102")
    assert not area(crosswalk, "pre-2022", "02270") and not area(crosswalk, "pre-2022", "46113")


def test_codes_change_in_their_own_state_only(crosswalk):
    geoids = {
        period: [row["geoid"] for row in crosswalk if row["crosswalk_period"] == period]
        for period in ("pre-2022", "2022")
    }
    assert geoids["pre-2022"] == [
        *("02020", "02063", "02066", "02090", "02158", "09001", "13261", "37113", "37270", "46099", "46102")
    ]
    assert geoids["2022"] == [
        *("02020", "02063", "02066", "02090", "09110", "09190", "37001", "37001", "37003", "37063", "37066")
    ]


def test_connecticut_has_counties_before_and_planning_regions_from_2022(crosswalk):
    assert area(crosswalk, "pre-2022", "09001") and not area(crosswalk, "2022", "09001")
    assert [row["afact"] for row in area(crosswalk, "2022", "09110")] == [0.4]


def test_allocation_quality_is_the_share_of_records_that_truly_come_from_the_county(crosswalk):
    # 37001: 0.6 x 0.75 + 1.0 x 0.25 = 0.70, below 0.75: quality 2. 37003: 0.4 x 1 = 0.4: quality 2. 09110: 0.4: 2.
    rows = area(crosswalk, "2022", "37001")
    assert [row["products"] for row in rows] == pytest.approx([0.45, 0.25])
    assert {
        (round(row["sum_products"], 10), row["county_pop"], row["geographic_allocation_quality"]) for row in rows
    } == {(0.7, 400, 2)}


def test_rows_without_allocation_are_dropped(crosswalk):
    assert not area(crosswalk, "2022", "37005")


@pytest.mark.parametrize(("sum_products", "quality"), [(0.75, 1), (0.7499, 2), (0.35, 2), (0.3499, 3)])
def test_quality_thresholds(run_sql, sum_products, quality):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "allocation.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT allocation_quality(?)", [sum_products]).fetchone()[0] == quality


# -- identified counties (card housing-wealth, section 5) --------------------------------------------

PUMA_TO_COUNTY = (
    "crosswalk_period VARCHAR, statefip VARCHAR, county VARCHAR, puma VARCHAR, population DOUBLE, afact DOUBLE, "
    "county_pop DOUBLE, geoid VARCHAR, sum_products DOUBLE, geographic_allocation_quality TINYINT"
)


def part(county, puma, population, afact, county_pop, period="2022", state="37"):
    return (period, state, county, puma, population, afact, county_pop, state + county, 0.8, 1)


@pytest.fixture
def identified(run_sql):
    def run(*parts):
        rows = run_sql("geography/identified_county.sql", tables={"puma_to_county": (PUMA_TO_COUNTY, list(parts))})
        return {row["puma"]: row["countyfip"] for row in rows}

    return run


def test_a_county_of_whole_pumas_is_identified(identified):
    assert identified(part("001", "00100", 600, 1.0, 1000), part("001", "00200", 400, 1.0, 1000)) == {
        "00100": "001",
        "00200": "001",
    }


def test_periods_and_states_are_apart(identified):
    rows = [part("001", "00100", 1000, 1.0, 1000), part("001", "00200", 900, 1.0, 1000, "pre-2022")]
    assert identified(*rows, part("001", "00300", 900, 1.0, 1000, state="45")) == {"00100": "001"}


@pytest.mark.parametrize(("outside", "found"), [(9, {"00100": "001"}), (10, {}), (11, {})])
def test_one_percent_of_the_countys_people_outside_its_pumas_is_too_much(identified, outside, found):
    # the county's other people live in a PUMA of another county
    assert (
        identified(part("001", "00100", 1000 - outside, 1.0, 1000), part("001", "00200", outside, 0.01, 1000)) == found
    )


@pytest.mark.parametrize(("afact", "found"), [(0.992, {"00100": "001"}), (0.98, {})])
def test_one_percent_of_the_pumas_people_outside_the_county_is_too_much(identified, afact, found):
    assert identified(part("001", "00100", 1000, afact, 1000)) == found


def test_a_puma_of_which_half_lies_in_a_county_is_not_its_puma(identified):
    assert identified(part("001", "00100", 1000, 0.5, 1000)) == {}
    # 001 has no PUMA of its own, and does not share in that of 003
    assert identified(part("003", "00100", 995, 0.995, 995), part("001", "00100", 5, 0.005, 5)) == {"00100": "003"}


@pytest.mark.parametrize(("afact", "found"), [(0.5, {"00100": "001"}), (0.50004, {"00100": "001", "00200": "001"})])
def test_a_puma_that_lies_mostly_in_a_county_shares_its_fate(identified, afact, found):
    # 5 of the county's 1,000 people live in a PUMA of about 10: with it no more than one percent is amiss, nor without it
    assert identified(part("001", "00100", 995, 1.0, 1000), part("001", "00200", 5, afact, 1000)) == found


# -- county to place, tracts, places (card geography-crosswalks, sections 3.2, 3.3 and 3.5) ----------

COUNTY_PLACE = (
    "countyfip VARCHAR, state VARCHAR, place VARCHAR, stab VARCHAR, CountyName VARCHAR, PlaceName VARCHAR, population BIGINT, "
    "afact2 DOUBLE, afact DOUBLE"
)


def test_county_to_place_has_three_periods(run_sql):
    def place(county, name, population):
        return (county, county[:2], "12345", "NC", county, name, population, 0.25, 0.5)

    rows = run_sql(
        "geography/county_to_place.sql",
        tables={
            "geocorr_county_place": (
                f"vintage VARCHAR, {COUNTY_PLACE}",
                [
                    ("2018", *place("37067", "a", 1)),
                    ("2018", *place("09001", "b", 2)),
                    ("2022", *place("37067", "c", 3)),
                    ("2022", *place("09001", "d", 4)),
                ],
            ),
            "geocorr_planning_region_place": (COUNTY_PLACE, [place("09110", "e", 5)]),
        },
    )
    found = [
        (row["crosswalk_period"], row["first_year"], row["last_year"], row["population_vintage"], row["PlaceName"])
        for row in rows
    ]
    assert found == [
        ("2020-2021", 2020, 2021, 2020, "d"),
        ("2020-2021", 2020, 2021, 2020, "c"),
        ("2022-2029", 2022, 2029, 2020, "e"),
        ("2022-2029", 2022, 2029, 2020, "c"),
        ("pre-2020", 2010, 2019, 2010, "b"),
        ("pre-2020", 2010, 2019, 2010, "a"),
    ]
    assert tuple(rows[2].values())[:9] == ("09110", "09", "12345", "NC", "09110", "e", 5, 0.25, 0.5)


def test_tracts_of_2022_are_those_of_2020_with_planning_regions(run_sql):
    rows = run_sql(
        "geography/tract_to_county.sql",
        tables={
            "tract_county": (
                "vintage VARCHAR, state VARCHAR, county VARCHAR, tract VARCHAR",
                [("2018", "37", "067", "000100"), ("2020", "37", "067", "000200"), ("2020", "09", "001", "010100")],
            ),
            "tract_planning_region": ("state VARCHAR, county VARCHAR, tract VARCHAR", [("09", "120", "010100")]),
        },
    )
    assert [(row["year"], row["geoid"], row["tract"]) for row in rows] == [
        (2018, "37067", "000100"),
        (2020, "09001", "010100"),
        (2020, "37067", "000200"),
        (2022, "09120", "010100"),
        (2022, "37067", "000200"),
    ]


@pytest.mark.parametrize(("year", "mended"), [(2021, "09001010100"), (2022, "09120010100"), (2023, "09120010100")])
def test_tracts_of_the_listed_places_are_found_under_the_codes_of_the_year(run_sql, year, mended):
    parts = [("37067", "000100", "75000", 0.25), ("37081", "000100", "75000", 0.5), ("09001", "010100", "08000", 1.0)]
    parts += [("45067", "000100", "75000", 1.0)]
    rows = run_sql(
        "geography/tract_to_place.sql",
        variables={"year": year},
        tables={
            "geocorr": ("county VARCHAR, tract VARCHAR, place VARCHAR, afact DOUBLE", parts),
            "place_universe": (
                "year SMALLINT, geoid VARCHAR",
                [(year, "3775000"), (year, "0908000"), (1999, "4575000")],
            ),
            "tract_planning_region": (
                "state VARCHAR, county VARCHAR, tract VARCHAR, county_2020 VARCHAR",
                [("09", "120", "010100", "001")],
            ),
        },
    )
    assert [tuple(row.values()) for row in rows] == [
        (mended, "0908000", 1.0, "09001010100"),
        ("37067000100", "3775000", 0.25, "37067000100"),
        ("37081000100", "3775000", 0.5, "37081000100"),
    ]


def test_tracts_of_2010_in_the_listed_places(run_sql):
    parts = [("37067", "000100", "75000", 0.25), ("37067", "000200", "99999", 0.5), ("45067", "000100", "75000", 1.0)]
    rows = run_sql(
        "geography/tract_to_place_2010.sql",
        tables={
            "geocorr": ("county VARCHAR, tract VARCHAR, place VARCHAR, afact DOUBLE", parts),
            "place_universe": ("geoid VARCHAR", [("3775000",), ("4599999",)]),
        },
    )
    assert [tuple(row.values()) for row in rows] == [("37067000100", "3775000", 0.25)]


def test_codes_of_a_tract_are_those_of_its_county_over_time(run_sql):
    tracts = [("2010", "46113940500"), ("2010", "02261000100"), ("2020", "09001010100"), ("2010", "36053030101")]
    changes = [("46113", "46102", 2015), ("02261", "02063", 2020), ("02261", "02066", 2020)]
    listed = [("2018", "36", "053", "030100"), ("2020", "36", "065", "940000"), ("2018", "46", "102", "940500")]
    rows = run_sql(
        "geography/tract_code.sql",
        tables={
            "tract": ("vintage VARCHAR, tract_geoid VARCHAR", tracts),
            "county_code_change": ("old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT", changes),
            "connecticut_tract": (
                "tract_2020 VARCHAR, tract_2022 VARCHAR",
                [("09001010100", "09120010100")],
            ),
            "tract_county": ("vintage VARCHAR, state VARCHAR, county VARCHAR, tract VARCHAR", listed),
        },
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2010", "02261000100", "02261000100"),  # a county that was split has no successor
        ("2010", "36053030100", "36053030100"),  # of the survey alone
        ("2010", "36053030101", "36053030101"),
        ("2010", "46102940500", "46113940500"),
        ("2010", "46113940500", "46113940500"),
        ("2020", "09001010100", "09001010100"),
        ("2020", "09120010100", "09001010100"),
        ("2020", "36065940000", "36065940000"),
    ]


@pytest.fixture
def areas_of_regions(run_sql):
    """Gives census, code, name, state and residents of the areas of a type that regions may be made of."""
    tables = {
        "county_universe": (
            "year SMALLINT, geoid VARCHAR, county_name VARCHAR",
            [(2020, "37001", "Old"), (2021, "37001", "Alamance County")],
        ),
        "tract_code": (
            "vintage VARCHAR, code VARCHAR, tract_geoid VARCHAR",
            [
                ("2010", "37001000100", "37001000100"),
                ("2020", "37001000100", "37001000100"),
                ("2020", "37001000200", "37001000200"),
                ("2020", "09001010100", "09001010100"),
                ("2020", "09120010100", "09001010100"),
                ("2020", "72001000100", "72001000100"),
            ],
        ),
        "tract": (
            "vintage VARCHAR, tract_geoid VARCHAR, population BIGINT",
            [
                ("2010", "37001000100", 400),
                ("2020", "37001000100", 300),
                ("2020", "37001000200", 200),
                ("2020", "09001010100", 100),
                ("2020", "09001010200", 50),
                ("2010", "09001010200", 7),
                ("2020", "72001000100", 9),
            ],
        ),
        "puma_to_county": (
            "crosswalk_period VARCHAR, geoid VARCHAR, statefip VARCHAR, puma VARCHAR, population DOUBLE, county_pop DOUBLE",
            [
                ("2022", "37001", "37", "00100", 300.4, 510.6),
                ("2022", "37003", "37", "00100", 90.3, 90.3),
                ("pre-2022", "37001", "37", "00100", 380.0, 380.0),
                ("2022", "72001", "72", "00100", 9.0, 9.0),
            ],
        ),
        "place_name": (
            "vintage VARCHAR, geoid VARCHAR, name VARCHAR",
            [
                ("2018", "3775000", "Salem"),
                ("2022", "3775000", "Winston-Salem"),
                ("2022", "3702140", "Asheville"),
                ("2018", "3712000", "Charlotte town"),
                ("2022", "3712000", "Charlotte"),
            ],
        ),
        "geocorr_puma_place": (
            "vintage VARCHAR, statefip VARCHAR, place VARCHAR, population BIGINT",
            [
                ("2018", "37", "75000", 100),
                ("2018", "37", "75000", 50),
                ("2022", "37", "75000", 300),
                ("2018", "37", "02140", 7),
                ("2022", "37", "12000", 8),
                ("2018", "37", "99999", 20),
                ("2022", "72", "75000", 9),
            ],
        ),
        "zcta_county": (
            "zcta VARCHAR, zcta_population BIGINT",
            [("27101", 900), ("27101", 900), ("72201", 30)],
        ),
        "connecticut_tract": (
            "tract_2020 VARCHAR, town_2020 VARCHAR, town_2022 VARCHAR, town_name VARCHAR",
            [(f"090010{tract}00", "0900108070", "0912008070", "Bridgeport") for tract in ("101", "102")],
        ),
        "state_code": (
            "state VARCHAR, postal VARCHAR, state_name VARCHAR",
            [("37", "NC", ""), ("09", "CT", ""), ("27", "MN", ""), ("72", "PR", "")],
        ),
    }

    def run(component_type):
        rows = run_sql("geography/region_area.sql", tables=tables)
        names = ("vintage", "geoid", "name", "postal", "population")
        return [tuple(map(row.get, names)) for row in rows if row["component_type"] == component_type]

    return run


@pytest.mark.parametrize(
    ("component_type", "areas"),
    [
        (
            "county",
            [
                ("2020", "09001", None, "CT", 100),
                ("2020", "09120", None, "CT", 100),
                ("2010", "37001", "Alamance County", "NC", 400),  # 380 in the crosswalk
                ("2020", "37001", "Alamance County", "NC", 511),  # 500 in tracts
                ("2020", "37003", None, "NC", 90),
            ],
        ),
        (
            "place",
            [
                ("2010", "3702140", "Asheville", "NC", 7),
                ("2020", "3712000", "Charlotte", "NC", 8),
                ("2010", "3775000", "Salem", "NC", 150),
                ("2020", "3775000", "Winston-Salem", "NC", 300),
            ],
        ),
        ("puma", [("2010", "3700100", None, "NC", 380), ("2020", "3700100", None, "NC", 391)]),
        (
            "tract",
            [
                ("2020", "09001010100", None, "CT", 100),
                ("2020", "09120010100", None, "CT", 100),
                ("2010", "37001000100", None, "NC", 400),
                ("2020", "37001000100", None, "NC", 300),
                ("2020", "37001000200", None, "NC", 200),
            ],
        ),
        (
            "town",
            [("2020", "0900108070", "Bridgeport", "CT", 150), ("2020", "0912008070", "Bridgeport", "CT", 150)],
        ),
        ("zcta", [("2010", "27101", None, None, 900), ("2010", "72201", None, None, 30)]),  # of Arkansas
    ],
)
def test_areas_that_a_region_may_be_made_of(areas_of_regions, component_type, areas):
    assert areas_of_regions(component_type) == areas


@pytest.mark.parametrize(("year", "tract"), [(2019, "37067000100"), (2020, "37067000200"), (2021, "37067000200")])
def test_tracts_of_a_region_are_those_of_the_years_tables(run_sql, year, tract):
    rows = run_sql(
        "geography/tract_to_region.sql",
        variables={"year": year},
        tables={
            "region_tract": (
                "geoid VARCHAR, part_type VARCHAR, vintage VARCHAR, tract_geoid VARCHAR, share DECIMAL(18, 15)",
                [
                    ("north", "county", "2010", "37067000100", "0.25"),
                    ("north", "place", "2010", "37067000100", "0.5"),
                    ("north", "county", "2020", "37067000200", "0.75"),
                ],
            ),
            "tract_code": (
                "vintage VARCHAR, code VARCHAR, tract_geoid VARCHAR",
                [("2010", "37067000100", "37067000100"), ("2020", "37067000200", "37067000200")],
            ),
        },
    )
    assert [tuple(row.values()) for row in rows] == [(tract, "north", 0.75, tract)]


def test_regions_are_there_in_every_year_of_a_metric_with_the_first_of_their_states(run_sql):
    rows = run_sql(
        "geography/region_universe.sql",
        variables={"first_metric_year": 2021, "newest_metric_year": 2023},
        tables={
            "component": ("region VARCHAR, name VARCHAR", [("north", "North"), ("north", None), ("south", "South")]),
            "allocation_region": ("geoid VARCHAR, statefip VARCHAR", [("north", "45"), ("north", "37")]),
        },
    )
    assert [tuple(row.values()) for row in rows] == [
        (year, *region)
        for year in (2021, 2022, 2023)
        for region in (("north", "37", "North"), ("south", None, "South"))
    ]


def test_counties_of_the_cohort_that_is_in_grade_8_in_the_spring_after_the_metric_year(run_sql):
    # Metric year 2018: grade 8 in the spring of 2019, grade 3 in that of 2014
    rows = [("01001", 2019, 8), ("01001", 2019, 8), ("01003", 2014, 3), ("01005", 2018, 8), ("01007", 2019, 3)]
    found = run_sql(
        "geography/score_area_county.sql",
        variables={"year": 2018},
        tables={"seda_county": ("area VARCHAR, year SMALLINT, grade TINYINT", rows)},
    )
    assert [tuple(row.values()) for row in found] == [("01001", 8, "01001"), ("01003", 3, "01003")]


def test_puma_to_place_of_the_listed_places(run_sql):
    universe = [
        (2021, "3775000", "37", "75000", "North Carolina", "Winston-Salem city"),
        (2021, "3712000", "37", "12000", "North Carolina", "Charlotte city"),
        (2021, "4575000", "45", "75000", "South Carolina", "other"),
        (2020, "3799000", "37", "99000", "North Carolina", "of another year"),
    ]
    parts = [
        ("2022", 3, "37", "00100", "75000", 300, 0.6, 0.75),
        ("2022", 4, "37", "00200", "75000", 100, 1.0, 0.25),
        ("2022", 5, "37", "00300", "75000", 0, 0.0, 0.0),
        ("2018", 3, "37", "00100", "12000", 50, 0.5, 0.5),
        ("2022", 6, "37", "00100", "99000", 50, 0.5, 0.5),
    ]
    rows = run_sql(
        "geography/puma_to_place.sql",
        tables={
            "place_universe": (
                "year SMALLINT, geoid VARCHAR, state VARCHAR, place VARCHAR, state_name VARCHAR, place_name VARCHAR",
                universe,
            ),
            "geocorr_puma_place": (
                "vintage VARCHAR, raw_line BIGINT, statefip VARCHAR, puma VARCHAR, place VARCHAR, population BIGINT, "
                "afact DOUBLE, afact2 DOUBLE",
                parts,
            ),
        },
    )
    found = [
        (row["crosswalk_period"], row["geoid"], row["puma"], row["place_pop"], row["geographic_allocation_quality"])
        for row in rows
    ]
    # 75000: 0.6 x 0.75 + 1.0 x 0.25 = 0.70: quality 2; 12000: 0.25: quality 3
    assert found == [
        ("2022", "3775000", "00100", 400, 2),
        ("2022", "3775000", "00200", 400, 2),
        ("pre-2022", "3712000", "00100", 50, 3),
    ]
    assert [row["sum_products"] for row in rows] == pytest.approx([0.7, 0.7, 0.25])


# -- allocation (the factors that survey metrics use) -------------------------------------------------

PUMA_TO_AREA = (
    "geoid VARCHAR, statefip VARCHAR, puma VARCHAR, afact DOUBLE, sum_products DOUBLE, "
    "geographic_allocation_quality TINYINT, crosswalk_period VARCHAR"
)
# Two counties share PUMA 00100; 72 is Puerto Rico; a factor of 0 allocates nothing.
PARTS = [
    ("37003", "37", "00100", 0.0586, 0.4, 2, "2022"),
    ("37001", "37", "00100", 0.9414, 0.94, 1, "2022"),
    ("37005", "37", "00200", 0.0, 0.0, 3, "2022"),
    ("72001", "72", "00100", 1.0, 1.0, 1, "2022"),
    ("37001", "37", "00100", 1.0, 1.0, 1, "pre-2022"),
]


def test_allocation_to_counties_names_the_county_that_a_puma_identifies(run_sql):
    identified = [("2022", "37", "00100", "001"), ("pre-2022", "37", "00900", "009")]
    rows = run_sql(
        "geography/allocation_county.sql",
        tables={
            "puma_to_county": (PUMA_TO_AREA, PARTS),
            "identified_county": (
                "crosswalk_period VARCHAR, statefip VARCHAR, puma VARCHAR, countyfip VARCHAR",
                identified,
            ),
        },
    )
    found = [(row["crosswalk_period"], row["geoid"], str(row["afact"]), row["identified_geoid"]) for row in rows]
    assert found == [
        ("2022", "37001", "0.941400000000000", "37001"),
        ("2022", "37003", "0.058600000000000", "37001"),
        ("pre-2022", "37001", "1.000000000000000", None),
    ]


def test_allocation_to_places_identifies_no_place(run_sql):
    rows = run_sql("geography/allocation_place.sql", tables={"puma_to_place": (PUMA_TO_AREA, PARTS)})
    names = ("geoid", "geographic_allocation_quality", "identified_geoid")
    assert [(*map(row.get, names), str(row["afact"])) for row in rows] == [
        ("37001", 1, None, "0.941400000000000"),
        ("37003", 2, None, "0.058600000000000"),
        ("37001", 1, None, "1.000000000000000"),
    ]


@pytest.mark.parametrize(("year", "period"), [(2014, "pre-2022"), (2021, "pre-2022"), (2022, "2022"), (2024, "2022")])
def test_crosswalk_period_of_a_year(year, period):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "geography.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT crosswalk_period(?)", [year]).fetchone()[0] == period


@pytest.mark.parametrize(
    ("file", "area", "width"),
    [("geography/county_universe.sql", "county", 3), ("geography/place_universe.sql", "place", 5)],
)
def test_the_newest_areas_stand_in_for_years_without_a_population(run_sql, file, area, width):
    columns = (
        f"year SMALLINT, state VARCHAR, {area} VARCHAR, state_name VARCHAR, {area}_name VARCHAR, population BIGINT"
    )
    old, new = (2022, "37", "1" * width, "NC", "Old", 5), (2023, "37", "2" * width, "NC", "New", 7)
    rows = run_sql(
        file,
        tables={f"{area}_population": (columns, [old, new])},
        variables={"newest_metric_year": 2025},
    )
    assert [(row["year"], row["geoid"], row["population"], row["population_year"]) for row in rows] == [
        (2022, "37" + "1" * width, 5, 2022),
        *((year, "37" + "2" * width, 7, 2023) for year in (2023, 2024, 2025)),
    ]


@pytest.mark.parametrize(
    ("countyfip", "identified", "known"),
    [
        ("067", "37001", "37067"),  # the provider's code goes before the derived one
        ("000", "37001", None),  # the provider says that there is none
        (None, "37001", "37001"),
        (None, None, None),
    ],
)
def test_county_that_the_microdata_identify(countyfip, identified, known):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "geography.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT known_county('37', ?, ?)", [countyfip, identified]).fetchone()[0] == known
