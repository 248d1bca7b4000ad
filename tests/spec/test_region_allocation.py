"""Allocation of PUMAs to regions by hand: parts put together, parts that overlap, parts that no crosswalk knows."""

from decimal import Decimal

import pytest

from pipeline.errors import UsageError

COMPONENT = "region VARCHAR, component_type VARCHAR, component_geoid VARCHAR, vintage VARCHAR, weight DOUBLE"
COUNTIES = (
    "geoid VARCHAR, statefip VARCHAR, puma VARCHAR, county VARCHAR, population DOUBLE, afact DOUBLE, afact2 DOUBLE, "
    "county_pop DOUBLE, crosswalk_period VARCHAR"
)
PUMA_PLACE = (
    "vintage VARCHAR, statefip VARCHAR, puma VARCHAR, place VARCHAR, population BIGINT, afact DOUBLE, afact2 DOUBLE"
)
COUNTY_PLACE = "countyfip VARCHAR, state VARCHAR, place VARCHAR, population BIGINT"
REGION_TRACT = (
    "geoid VARCHAR, part_type VARCHAR, part_geoid VARCHAR, vintage VARCHAR, tract_geoid VARCHAR, share DECIMAL(18,15)"
)
TRACT = "vintage VARCHAR, tract_geoid VARCHAR, population BIGINT, statefip VARCHAR, puma VARCHAR"


def county(geoid, puma, people, afact, afact2=1.0, county_people=None, period="2022"):
    return (geoid, geoid[:2], puma, geoid[2:], people, afact, afact2, county_people or people, period)


@pytest.fixture
def allocated(run_sql):
    """Gives period, PUMA, region, factor and sum of products of the rows of a region of such parts."""

    def run(*parts, counties=(), puma_place=(), county_place=(), region_tract=(), tract=()):
        rows = run_sql(
            "geography/allocation_region.sql",
            tables={
                "component": (COMPONENT, [part if len(part) == 5 else (*part, None, 1.0) for part in parts]),
                "puma_to_county": (COUNTIES, list(counties)),
                "geocorr_puma_place": (PUMA_PLACE, list(puma_place)),
                "geocorr_county_place": (COUNTY_PLACE, list(county_place)),
                "geocorr_planning_region_place": (COUNTY_PLACE, []),
                "region_tract": (REGION_TRACT, list(region_tract)),
                "tract": (TRACT, list(tract)),
            },
        )
        return [(row["crosswalk_period"], row["puma"], row["geoid"], row["afact"], row["sum_products"]) for row in rows]

    return run


def test_factors_of_two_counties_of_a_puma_add_up(allocated):
    # A third county has the other 500 people of PUMA 00100; of PUMA 00200 the first has too few for a factor
    counties = [
        county("37001", "00100", 300.0, 0.123456789012345, county_people=304.0),
        county("37003", "00100", 200.0, 0.2),
        county("37005", "00100", 500.0, 0.5),
        county("37001", "00200", 4.0, 0.0, 0.0, county_people=304.0),
        county("37005", "00200", 90000.0, 1.0),
    ]
    rows = allocated(("north", "county", "37001"), ("north", "county", "37003"), counties=counties)
    assert rows == [("2022", "00100", "north", Decimal("0.323456789012345"), pytest.approx(0.323456789012345))]


@pytest.mark.parametrize("afact", [0.001, 0.0005])
def test_a_factor_above_1_by_rounding_is_1(allocated, afact):
    counties = [county("37001", "00100", 10.0, afact), county("37003", "00100", 990.0, 0.99)]
    rows = allocated(("north", "puma", "3700100"), ("north", "county", "37001"), counties=counties)
    assert [row[3] for row in rows] == [1]


@pytest.mark.parametrize("afact", [0.00105, 0.002, 0.5, 1.0])
def test_parts_that_overlap_in_a_puma_are_refused(allocated, afact):
    counties = [county("37001", "00100", 10.0, afact), county("37003", "00100", 990.0, 0.99)]
    with pytest.raises(UsageError) as told:
        allocated(("north", "puma", "3700100"), ("north", "county", "37001"), counties=counties)
    assert str(told.value).endswith("Region north has parts that overlap in PUMA 3700100. Take one out.")


def test_a_county_and_a_place_in_it_are_refused(allocated):
    with pytest.raises(UsageError) as told:
        allocated(
            ("north", "county", "37001"),
            ("north", "place", "3775000"),
            counties=[county("37001", "00100", 300.0, 0.3), county("37003", "00100", 700.0, 0.7)],
            puma_place=[("2022", "37", "00100", "75000", 100, 0.1, 1.0)],
            county_place=[("37001", "37", "75000", 100)],
        )
    assert str(told.value).endswith(
        "Region north has parts that overlap, or of which nothing tells that they do not: county 37001 and place 3775000. "
        "Take one out."
    )


def test_a_region_has_the_periods_that_know_all_its_parts(allocated):
    counties = [
        county("37001", "00100", 300.0, 1.0, period="pre-2022"),
        county("37003", "00200", 300.0, 1.0, period="pre-2022"),
        county("37001", "00300", 300.0, 1.0, period="2022"),
    ]
    both = allocated(("north", "county", "37001"), ("north", "county", "37003"), counties=counties)
    assert {row[:2] for row in both} == {("pre-2022", "00100"), ("pre-2022", "00200")}
    one = allocated(("north", "county", "37001"), counties=counties)
    assert {row[:2] for row in one} == {("pre-2022", "00100"), ("2022", "00300")}


def test_a_part_that_no_crosswalk_knows_is_refused_with_its_region(allocated):
    with pytest.raises(UsageError) as told:
        allocated(
            ("north", "county", "37001"),
            ("south", "county", "37999"),
            counties=[county("37001", "00100", 300.0, 1.0)],
        )
    assert str(told.value).endswith(
        "Region south has a part that no crosswalk at hand knows: mobility fetch census_geography mcdc_geocorr."
    )


def test_a_polygon_is_known_by_its_tracts(allocated):
    rows = allocated(
        ("shape", "polygon", None),
        counties=[county("37001", "00100", 1000.0, 1.0)],
        region_tract=[("shape", "polygon", "", "2020", "37001000100", 0.5)],
        tract=[("2020", "37001000100", 400, "37", "00100"), ("2020", "37001000200", 600, "37", "00100")],
    )
    # Half of the tract's 400 people, of 1,000 in the PUMA
    assert rows == [("2022", "00100", "shape", Decimal("0.2"), pytest.approx(0.2))]
