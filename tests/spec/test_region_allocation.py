"""Allocation of PUMAs to regions by hand: parts put together, parts that overlap, parts that no crosswalk knows."""

from decimal import Decimal

import pytest

from pipeline.errors import UsageError

COMPONENT = "region VARCHAR, component_type VARCHAR, component_geoid VARCHAR, vintage VARCHAR, weight DECIMAL(18, 15)"
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

    def run(*parts, counties=(), puma_place=(), county_place=(), planning_region_place=(), region_tract=(), tract=()):
        rows = run_sql(
            "geography/allocation_region.sql",
            tables={
                "component": (COMPONENT, [part if len(part) == 5 else (*part, None, 1.0) for part in parts]),
                "puma_to_county": (COUNTIES, list(counties)),
                "geocorr_puma_place": (PUMA_PLACE, list(puma_place)),
                "geocorr_county_place": (COUNTY_PLACE, list(county_place)),
                "geocorr_planning_region_place": (COUNTY_PLACE, list(planning_region_place)),
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


def test_a_place_has_its_parts_of_pumas_and_its_share_among_its_own_residents(allocated):
    # Of 400 residents 300 are 60 % of PUMA 00100, 100 the whole PUMA 00200; 4 of PUMA 00400 are too few for a factor
    rows = allocated(
        ("north", "place", "3775000"),
        counties=[
            county("37001", "00100", 500.0, 1.0),
            county("37001", "00200", 100.0, 1.0),
            county("37001", "00300", 400.0, 1.0, period="pre-2022"),
            county("37001", "00400", 90000.0, 1.0),
        ],
        puma_place=[
            ("2022", "37", "00100", "75000", 300, 0.6, 0.5),
            ("2022", "37", "00200", "75000", 100, 1.0, 0.5),
            ("2022", "37", "00400", "75000", 4, 0.0, 0.0),
            ("2018", "37", "00300", "75000", 200, 0.5, 0.1),
            ("2022", "45", "00100", "75000", 900, 0.9, 0.5),
        ],
    )
    assert rows == [
        ("2022", "00100", "north", Decimal("0.6"), pytest.approx(0.6 * 0.75 + 0.25)),
        ("2022", "00200", "north", 1, pytest.approx(0.6 * 0.75 + 0.25)),
        ("pre-2022", "00300", "north", Decimal("0.5"), pytest.approx(0.5)),
    ]


def test_parts_count_with_their_weight(allocated):
    counties = [
        county("37001", "00100", 300.0, 0.3, 0.75, county_people=400.0),
        county("37001", "00200", 100.0, 0.5, 0.25, county_people=400.0),
        county("37003", "00100", 200.0, 0.2),
        county("37005", "00100", 500.0, 0.5),
        county("37005", "00200", 100.0, 0.5),
    ]
    rows = allocated(("north", "county", "37001", None, 0.5), ("north", "county", "37003"), counties=counties)
    # Half of 400 people and 200: of these 400, 150 + 200 live in PUMA 00100 and 50 in PUMA 00200
    products = pytest.approx(0.35 * 350 / 400 + 0.25 * 50 / 400)
    assert rows == [
        ("2022", "00100", "north", Decimal("0.35"), products),
        ("2022", "00200", "north", Decimal("0.25"), products),
    ]


def test_a_place_counts_with_its_weight(allocated):
    rows = allocated(
        ("north", "place", "3775000", None, 0.5),
        ("north", "county", "37003"),
        counties=[
            county("37001", "00100", 500.0, 1.0),
            county("37003", "00200", 100.0, 0.4),
            county("37005", "00200", 150.0, 0.6),
        ],
        puma_place=[("2022", "37", "00100", "75000", 300, 0.6, 1.0)],
    )
    # Half of 300 people and 100
    products = pytest.approx(0.3 * 150 / 250 + 0.4 * 100 / 250)
    assert [row[1:] for row in rows] == [
        ("00100", "north", Decimal("0.3"), products),
        ("00200", "north", Decimal("0.4"), products),
    ]


@pytest.mark.parametrize("weight", ["0.5", "0.123456789012345"])
def test_a_part_of_a_puma_is_all_that_its_records_count(allocated, weight):
    counties = [
        county("37001", "00100", 600.0, 0.6),
        county("37003", "00100", 400.0, 0.4),
        county("37003", "00200", 9.0, 1.0),
    ]
    rows = allocated(("north", "puma", "3700100", None, weight), counties=counties)
    assert rows == [("2022", "00100", "north", Decimal(weight), pytest.approx(float(weight)))]


@pytest.mark.parametrize(
    ("weight", "afact", "factor"),
    [
        # The fifteenth digit of each part is rounded before they add up, that of a weighted part once
        (1.0, 0.1234567890123454, "0.246913578024690"),
        (0.01, 0.123456789012446, "0.002469135780249"),
        (0.005, 0.123456789012446, "0.001234567890124"),
    ],
)
@pytest.mark.parametrize("part", ["county", "place"])
def test_factors_have_fifteen_digits(allocated, part, weight, afact, factor):
    codes = ("37001", "37003") if part == "county" else ("3775000", "3712000")
    rows = allocated(
        *(("north", part, code, None, weight) for code in codes),
        counties=[county(geoid, "00100", 300.0, afact) for geoid in ("37001", "37003", "37005")],
        puma_place=[("2022", "37", "00100", code, 300, afact, 1.0) for code in ("75000", "12000")],
    )
    assert [row[3] for row in rows] == [Decimal(factor)]


BY_CODE = [("county", "{}001"), ("place", "{}75000"), ("puma", "{}00100")]


def of_both_periods(state):
    """A county that is a PUMA and a place, before and from 2022 on."""
    return {
        "counties": [county(f"{state}001", "00100", 300.0, 1.0, period=period) for period in ("pre-2022", "2022")],
        "puma_place": [(vintage, state, "00100", "75000", 300, 1.0, 1.0) for vintage in ("2018", "2022")],
    }


@pytest.mark.parametrize(
    ("vintage", "periods"), [("2010", ["pre-2022"]), ("2020", ["2022"]), (None, ["2022", "pre-2022"])]
)
@pytest.mark.parametrize(("part", "code"), BY_CODE)
def test_a_code_of_one_census_is_known_in_its_period_alone(allocated, part, code, vintage, periods):
    rows = allocated(("north", part, code.format("37"), vintage, 1.0), **of_both_periods("37"))
    assert [row[0] for row in rows] == periods


@pytest.mark.parametrize(("part", "code"), BY_CODE)
def test_puerto_rico_is_in_no_region(allocated, part, code):
    with pytest.raises(UsageError, match="Region north has a part that no crosswalk at hand knows"):
        allocated(("north", part, code.format("72")), **of_both_periods("72"))


def test_a_puma_of_which_everybody_is_in_the_region_is_in_it_wholly(allocated):
    counties = [county(geoid, "00100", 100.0, 0.3333) for geoid in ("37001", "37003", "37005")]
    rows = allocated(*(("north", "county", geoid) for geoid in ("37001", "37003", "37005")), counties=counties)
    assert rows == [("2022", "00100", "north", 1, pytest.approx(1.0))]


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


OVERLAP = "Region north has parts that overlap, or of which nothing tells that they do not: {} and {}. Take one out."


@pytest.fixture
def county_and_place(allocated):
    """Gives the rows of a county and a place that have so many people in common, in a crosswalk with places."""

    def run(crosswalk, people, county_geoid="37001", place="75000"):
        return allocated(
            ("north", "county", "37001"),
            ("north", "place", "3775000"),
            counties=[county("37001", "00100", 300.0, 0.3), county("37003", "00100", 700.0, 0.7)],
            puma_place=[("2022", "37", "00100", "75000", 100, 0.1, 1.0)],
            **{crosswalk: [(county_geoid, "37", place, people)]},
        )

    return run


@pytest.mark.parametrize("people", [1, 100])
@pytest.mark.parametrize("crosswalk", ["county_place", "planning_region_place"])
def test_a_county_and_a_place_in_it_are_refused(county_and_place, crosswalk, people):
    with pytest.raises(UsageError) as told:
        county_and_place(crosswalk, people)
    assert str(told.value).endswith(OVERLAP.format("county 37001", "place 3775000"))


@pytest.mark.parametrize("crosswalk", ["county_place", "planning_region_place"])
def test_a_county_and_a_place_with_nobody_in_common_are_not(county_and_place, crosswalk):
    assert [row[3] for row in county_and_place(crosswalk, 0)] == [Decimal("0.4")]
    # People of another county in the place, and of the county in another place
    assert [row[3] for row in county_and_place(crosswalk, 9, "37003", "75000")] == [Decimal("0.4")]
    assert [row[3] for row in county_and_place(crosswalk, 9, "37001", "12000")] == [Decimal("0.4")]


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


TRACTS = [("2020", "37001000100", 400, "37", "00100"), ("2020", "37001000200", 600, "37", "00100")]


@pytest.fixture
def of_tracts(allocated):
    """Gives the rows of a region of parts by tract, in a PUMA of 1,000 people. ``shares``: part, code, tract, share."""

    def run(*shares, tract=TRACTS, others=(), **crosswalks):
        return allocated(
            *dict.fromkeys(("north", part, code) for part, code, *_ in shares),
            *others,
            counties=[county("37001", "00100", 1000.0, 1.0)],
            region_tract=[("north", part, code, "2020", geoid, share) for part, code, geoid, share in shares],
            tract=tract,
            **crosswalks,
        )

    return run


@pytest.mark.parametrize(("residents", "factor"), [(1000, "0.666666666666666"), (1, "0.000666666666666")])
def test_parts_by_tract_add_up(of_tracts, residents, factor):
    # Each is rounded to fifteen digits
    shares = [(part, "37001000100", "37001000100", 0.333333333333333) for part in ("tract", "town")]
    rows = of_tracts(*shares, tract=[("2020", "37001000100", residents, "37", "00100")])
    assert [row[3] for row in rows] == [Decimal(factor)]


@pytest.mark.parametrize(("share", "factor"), [(0.9995, "0.9995"), (0.9996, "1")])
def test_half_a_person_may_be_missing_from_a_whole_puma(of_tracts, share, factor):
    rows = of_tracts(("zcta", "27101", "37001000100", share), tract=[("2020", "37001000100", 1000, "37", "00100")])
    assert [row[3] for row in rows] == [Decimal(factor)]


def test_a_tract_of_one_resident_is_a_part(of_tracts):
    tract = [("2020", "37001000100", 1, "37", "00100")]
    assert [row[3] for row in of_tracts(("tract", "37001000100", "37001000100", 1.0), tract=tract)] == [
        Decimal("0.001")
    ]


@pytest.mark.parametrize(
    ("share", "tract"),
    [
        (0.0, ("2020", "37001000100", 400, "37", "00100")),
        (1.0, ("2020", "37001000100", 0, "37", "00100")),
        (1.0, ("2020", "37001000100", 400, "72", "00100")),
        (1.0, ("2010", "37001000100", 400, "37", "00100")),
    ],
)
def test_a_part_without_residents_in_the_states_is_not_known(of_tracts, share, tract):
    with pytest.raises(UsageError, match="Region north has a part that no crosswalk at hand knows"):
        of_tracts(("zcta", "27101", "37001000100", share), tract=[tract])


def test_the_share_of_a_part_by_tract_is_that_of_its_residents(allocated):
    # 400 residents in PUMA 00100, of 1,000, and 100 in PUMA 00200, of 500
    rows = allocated(
        ("north", "town", "3700100000"),
        counties=[county("37001", "00100", 1000.0, 1.0), county("37003", "00200", 500.0, 1.0)],
        region_tract=[
            ("north", "town", "3700100000", "2020", "37001000100", 1.0),
            ("north", "town", "3700100000", "2020", "37003000100", 0.5),
        ],
        tract=[("2020", "37001000100", 400, "37", "00100"), ("2020", "37003000100", 200, "37", "00200")],
    )
    products = pytest.approx(0.4 * 0.8 + 0.2 * 0.2)
    assert rows == [
        ("2022", "00100", "north", Decimal("0.4"), products),
        ("2022", "00200", "north", Decimal("0.2"), products),
    ]


def test_what_the_crosswalk_of_the_period_knows_is_not_looked_for_by_tract(of_tracts):
    assert [row[3] for row in of_tracts(("county", "37001", "37001000100", 1.0))] == [1]


def test_a_county_that_the_crosswalk_lacks_is_looked_for_by_tract_beside_one_that_it_has(allocated):
    rows = allocated(
        ("north", "county", "37001"),
        ("north", "county", "37003"),
        counties=[county("37001", "00100", 300.0, 1.0), county("37005", "00200", 1000.0, 1.0)],
        region_tract=[("north", "county", "37003", "2020", "37005000100", 1.0)],
        tract=[("2020", "37005000100", 400, "37", "00200")],
    )
    assert [(row[1], row[3]) for row in rows] == [("00100", 1), ("00200", Decimal("0.4"))]


@pytest.mark.parametrize(("share", "refused"), [(0.5005, False), (0.5006, True), (1.0, True)])
def test_parts_with_a_tract_in_common_are_refused(of_tracts, share, refused):
    shares = [("tract", "37001000100", "37001000100", 0.5), ("zcta", "27101", "37001000100", share)]
    if not refused:
        assert [row[3] for row in of_tracts(*shares)] == [Decimal("0.4002")]
        return
    with pytest.raises(UsageError) as told:
        of_tracts(*shares)
    assert str(told.value).endswith(OVERLAP.format("tract 37001000100", "zcta 27101"))


PLACE = ("north", "place", "3775000")
IN_THE_PUMA = {"puma_place": [("2022", "37", "00100", "75000", 300, 0.3, 1.0)]}


@pytest.mark.parametrize("part", ["tract", "town", "zcta"])
def test_a_place_of_unknown_tracts_and_a_part_by_tract_in_its_puma_are_refused(of_tracts, part):
    with pytest.raises(UsageError) as told:
        of_tracts((part, "27101", "37001000100", 0.5), others=[PLACE], **IN_THE_PUMA)
    places = sorted(["place 3775000", f"{part} 27101"])
    assert str(told.value).endswith(OVERLAP.format(*places))


def test_the_tracts_of_another_place_tell_nothing_of_a_place(of_tracts):
    shares = [("tract", "37001000100", "37001000100", 0.5), ("place", "3712000", "37001000200", 0.5)]
    places = [*IN_THE_PUMA["puma_place"], ("2022", "37", "00100", "12000", 300, 0.3, 1.0)]
    with pytest.raises(UsageError) as told:
        of_tracts(*shares, others=[PLACE], puma_place=places)
    assert str(told.value).endswith(OVERLAP.format("place 3775000", "tract 37001000100"))


@pytest.mark.parametrize("part", ["tract", "town", "zcta"])
def test_a_place_of_known_tracts_and_a_part_by_other_tracts_are_not(of_tracts, part):
    shares = [(part, "27101", "37001000100", 0.5), ("place", "3775000", "37001000200", 0.5)]
    assert [row[3] for row in of_tracts(*shares, **IN_THE_PUMA)] == [Decimal("0.5")]


def test_a_place_of_unknown_tracts_in_another_puma_is_not(of_tracts):
    places = [("2022", "37", "00300", "75000", 300, 0.3, 1.0)]
    rows = of_tracts(("tract", "37001000100", "37001000100", 0.5), others=[PLACE], puma_place=places)
    assert [row[3] for row in rows] == [Decimal("0.2")]
