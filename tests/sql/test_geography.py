"""Crosswalk rules by hand: the Alaska split, recoded counties, Connecticut and allocation quality."""

import pytest

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
    import duckdb

    from pipeline import settings

    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "allocation.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT allocation_quality(?)", [sum_products]).fetchone()[0] == quality


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
    assert [(row["geoid"], row["geographic_allocation_quality"], row["identified_geoid"]) for row in rows] == [
        ("37001", 1, None),
        ("37003", 2, None),
        ("37001", 1, None),
    ]


@pytest.mark.parametrize(("year", "period"), [(2014, "pre-2022"), (2021, "pre-2022"), (2022, "2022"), (2024, "2022")])
def test_crosswalk_period_of_a_year(year, period):
    import duckdb

    from pipeline import settings

    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "geography.sql").read_text(encoding="utf-8"))
    assert con.execute("SELECT crosswalk_period(?)", [year]).fetchone()[0] == period
