"""Examples by hand of regions: sums of counties, allocation by tract, tracts brought over from the other census."""

from decimal import Decimal

import pytest
import shapely

AREAS = (
    "metric VARCHAR, measure VARCHAR, year SMALLINT, geography VARCHAR, geoid VARCHAR, subgroup_type VARCHAR, subgroup VARCHAR, "
    "value DOUBLE, lower DOUBLE, upper DOUBLE, quality TINYINT, standard_error DOUBLE, numerator DOUBLE, denominator DOUBLE, "
    "sample_size BIGINT, note VARCHAR"
)
PARTS = "geoid VARCHAR, part_type VARCHAR, part_geoid VARCHAR, weight DECIMAL(18, 15), is_alone BOOLEAN"
COMBINE = {
    "combine_measures": [],
    "combine_counts": [],
    "combine_per": 1.0,
    "combine_digits": None,
    "combine_at_most": None,
    "combine_not_summed": [],
    "combine_empty": [],
    "combine_quality_by_denominator": [],
    "combine_interval": None,
    "combine_because": None,
}


def area(geoid, numerator, denominator, measure="share", note=None, quality=1, value=None, group=("all", "All")):
    value = numerator / denominator if numerator is not None and denominator else value
    return (
        "m",
        measure,
        2021,
        "county",
        geoid,
        *group,
        value,
        None,
        None,
        quality,
        None,
        numerator,
        denominator,
        5,
        note,
    )


@pytest.fixture
def combined(run_sql):
    """Value, bounds, quality, numerator, denominator and note by region."""

    def run(areas, parts, **rules):
        rows = run_sql(
            "estimators/regions/ratio_of_sums.sql",
            tables={
                "areas": (AREAS, areas),
                "region_part": (
                    PARTS,
                    [(region, "county", geoid, weight, alone) for region, geoid, weight, alone in parts],
                ),
            },
            variables={**COMBINE, **{f"combine_{name}": value for name, value in rules.items()}},
        )
        return {row["geoid"]: row for row in rows}

    return run


BOTH = [("both", "01001", "1", False), ("both", "01003", "1", False)]


def test_numerators_and_denominators_are_summed(combined):
    row = combined([area("01001", 10, 100), area("01003", 50, 100)], BOTH, per=1000.0)["both"]
    assert (row["value"], row["numerator"], row["denominator"]) == (300, 60, 200)
    assert (row["quality"], row["note"]) == (None, "no quality: sum of several areas")


def test_weights_count(combined):
    parts = [("both", "01001", "1", False), ("both", "01003", "0.5", False)]
    assert combined([area("01001", 10, 100), area("01003", 50, 100)], parts)["both"]["value"] == 35 / 150


def test_a_region_of_one_area_has_its_row(combined):
    row = combined([area("01001", 1, 3, note="as it is", quality=2)], [("one", "01001", "1", True)], at_most=0.1)["one"]
    assert (row["value"], row["quality"], row["note"], row["sample_size"]) == (1 / 3, 2, "as it is", 5)
    half = combined([area("01001", 1, 3, quality=2)], [("one", "01001", "0.5", False)])["one"]
    assert (half["value"], half["quality"], half["numerator"]) == (1 / 3, None, 0.5)


@pytest.mark.parametrize(
    ("other", "rules", "told"),
    [
        (area("01003", None, None, note="suppressed: n<30"), {}, "a part has no numbers to sum: 01003 (suppressed: n<30)"),
        (area("01005", 1, 2), {}, "a part has no numbers to sum: 01003 (not in the list of the year)"),
        (area("01003", 5, 9, note="of the state"), {"not_summed": ["of the state"]}, "a part has no numbers to sum: 01003 (of the state)"),
    ],
)  # fmt: skip
def test_a_part_without_numbers_leaves_no_value(combined, other, rules, told):
    row = combined([area("01001", 10, 100), other], BOTH, **rules)["both"]
    assert (row["value"], row["numerator"], row["denominator"], row["note"]) == (None, None, None, told)


def test_a_part_without_people_adds_nothing(combined):
    rows = [area("01001", 10, 100), area("01003", None, None, note="nobody")]
    row = combined(rows, BOTH, empty=["nobody"])["both"]
    assert (row["value"], row["denominator"]) == (0.1, 100)
    both_empty = [area("01001", None, None, note="nobody"), area("01003", None, None, note="nobody")]
    row = combined(both_empty, BOTH, empty=["nobody"])["both"]
    assert (row["value"], row["note"]) == (None, "the denominators of all parts are 0")


def test_rounding_limit_quality_and_interval_are_the_metrics_own(combined):
    rows = [area("01001", 10, 8), area("01003", 50, 8)]
    assert combined(rows, BOTH, digits=0)["both"]["value"] == 4
    assert combined(rows, BOTH, at_most=1.0)["both"]["value"] == 1
    row = combined(
        [area("01001", 10, 50), area("01003", 40, 50)], BOTH, quality_by_denominator=[200, 100], interval="proportion"
    )["both"]
    assert (row["quality"], row["note"]) == (2, None)
    assert (row["lower"], row["upper"]) == pytest.approx((0.5 - 1.96 * 0.05, 0.5 + 1.96 * 0.05))


def test_counts_add_up_and_other_measures_say_why_not(combined):
    rows = [
        ("m", "count", 2021, "county", geoid, "all", "All", value, value - 1, value + 1, 1, None, value, None, 5, None)
        for geoid, value in (("01001", 3.0), ("01003", 4.0))
    ]
    row = combined(rows, BOTH, counts=["count"])["both"]
    assert (row["value"], row["lower"], row["upper"], row["denominator"]) == (7, 5, 9, None)
    row = combined(rows, BOTH, measures=["share"], because="it has no weights")["both"]
    assert (row["value"], row["note"]) == (None, "not combined: it has no weights")


def test_measures_and_groups_are_summed_by_themselves(run_sql):
    groups = [("all", "All"), ("gender", "All"), ("gender", "Female")]
    names = [(measure, *group) for measure in ("share", "rate") for group in groups]
    areas = [
        area(geoid, first * number, 100, measure, group=group)
        for geoid, first in (("01001", 1), ("01003", 3))
        for number, (measure, *group) in enumerate(names, start=1)
    ]
    parts = [("both", "county", geoid, "1", False) for geoid in ("01001", "01003")]
    rows = run_sql(
        "estimators/regions/ratio_of_sums.sql",
        tables={"areas": (AREAS, areas), "region_part": (PARTS, parts)},
        variables=COMBINE,
    )
    found = {(row["measure"], row["subgroup_type"], row["subgroup"]): row["numerator"] for row in rows}
    assert len(rows) == len(names)
    assert found == {name: 4 * number for number, name in enumerate(names, start=1)}


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (area("01003", None, None), "no value"),
        (area("01003", None, 100, value=0.1), "no numerator and denominator"),
        (area("01003", 10, None, value=0.1), "no numerator and denominator"),
    ],
)
def test_why_a_part_cannot_be_summed(combined, part, why):
    row = combined([area("01001", 10, 100), part], BOTH)["both"]
    assert (row["value"], row["note"]) == (None, f"a part has no numbers to sum: 01003 ({why})")


def test_every_part_that_cannot_be_summed_is_named(combined):
    rows = [area(geoid, None, None, note="suppressed: n<30") for geoid in ("01001", "01003")]
    told = "01001 (suppressed: n<30), 01003 (suppressed: n<30)"
    assert combined(rows, BOTH)["both"]["note"] == f"a part has no numbers to sum: {told}"
    counted = [area("01001", 3, None, "count", value=3.0), area("01003", None, None, "count", note="withheld")]
    row = combined(counted, BOTH, counts=["count"])["both"]
    assert (row["value"], row["lower"], row["numerator"]) == (None, None, None)
    assert row["note"] == "a part has no numbers to sum: 01003 (withheld)"


def test_half_of_two_people_is_a_denominator(combined):
    assert combined([area("01001", 1, 2)], [("half", "01001", "0.5", False)])["half"]["value"] == 0.5


@pytest.mark.parametrize(("denominator", "quality"), [(99, 3), (100, 2), (199, 2), (200, 1)])
def test_quality_by_the_size_of_the_denominator(combined, denominator, quality):
    areas = [area("01001", 5, denominator - 50), area("01003", 5, 50)]
    assert combined(areas, BOTH, quality_by_denominator=[200, 100])["both"]["quality"] == quality


def test_a_region_of_one_area_that_the_list_lacks_or_that_is_empty_says_so(combined):
    parts = [("one", "01003", "1", True), ("empty", "01001", "1", True)]
    rows = combined([area("01001", 0, 0, note="nobody")], parts, empty=["nobody"])
    assert rows["one"]["note"] == "not in the list of the year: 01003"
    names = ("value", "numerator", "denominator", "note")
    assert tuple(rows["empty"][name] for name in names) == (None, None, None, "nobody")


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([("county", "01001", "1")], [("01001", "1", True)]),
        ([("county", "01001", "0.5")], [("01001", "0.5", False)]),
        ([("county", "01001", "0.123456789012345")], [("01001", "0.123456789012345", False)]),
        ([("county", "01001", "0.5"), ("county", "01001", "0.5")], [("01001", "1", True)]),
        ([("county", "01001", "1"), ("county", "01003", "1")], [("01001", "1", False), ("01003", "1", False)]),
        ([("county", "01001", "1"), ("polygon", None, "1")], [("01001", "1", False)]),  # which has no code
    ],
)
def test_a_whole_area_that_is_the_only_part_of_its_region_is_alone(run_sql, parts, found):
    columns = "region VARCHAR, component_type VARCHAR, component_geoid VARCHAR, weight DECIMAL(18, 15)"
    rows = run_sql(
        "geography/region_part.sql",
        tables={"component": (columns, [("north", *part) for part in parts] + [("south", "county", "01005", "1")])},
    )
    shown = [(row["part_geoid"], row["weight"], row["is_alone"]) for row in rows if row["geoid"] == "north"]
    assert shown == [(geoid, Decimal(weight), is_alone) for geoid, weight, is_alone in found]


# -- tracts ---------------------------------------------------------------------------------------------

TRACT = "vintage VARCHAR, tract_geoid VARCHAR, population BIGINT, latitude DOUBLE, longitude DOUBLE, statefip VARCHAR, puma VARCHAR"
RELATIONSHIP = "tract_2020 VARCHAR, tract_2010 VARCHAR, land_2020 BIGINT, land_2010 BIGINT, land BIGINT, water BIGINT"


@pytest.fixture
def bridged(run_sql):
    """Shares by tract, other census and tract of it, both by their last two digits."""

    def run(tracts, parts):
        rows = run_sql(
            "geography/tract_bridge.sql", tables={"tract": (TRACT, tracts), "tract_relationship": (RELATIONSHIP, parts)}
        )
        assert {row["vintage"] + row["other_vintage"] for row in rows} <= {"20102020", "20202010"}
        return {(row["tract_geoid"][-2:], row["other_vintage"], row["other_tract"][-2:]): row["share"] for row in rows}

    return run


def test_tracts_are_brought_over_by_land_and_residents(bridged):
    """Tract 1 of 2010 was divided into 11 and 12, of 300 and 100 residents; tract 2 became tract 2 with a sliver of 1."""
    tracts = [
        *(
            ("2010", f"0100100000{number}", people, 0.0, 0.0, "01", "00100")
            for number, people in (("1", 360), ("2", 500))
        ),
        *(
            ("2020", f"010010000{number}", people, 0.0, 0.0, "01", "00100")
            for number, people in (("11", 300), ("12", 100), ("02", 500))
        ),
    ]
    land = [
        ("11", "1", 50, 100, 50),
        ("12", "1", 50, 100, 50),
        ("02", "2", 1000, 1000, 1000),
        ("02", "1", 1000, 100, 0),
    ]
    parts = [
        (f"010010000{new}", f"0100100000{old}", land_new, land_old, part, 0)
        for new, old, land_new, land_old, part in land
    ]
    # A neighbour across a state line is a sliver of the boundary.
    parts.append(("01001000011", "13001000001", 50, 100, 1, 0))
    assert bridged(tracts, parts) == {
        ("01", "2020", "11"): 1.0,
        ("01", "2020", "12"): 1.0,
        ("02", "2020", "02"): 1.0,
        ("11", "2010", "01"): 0.75,
        ("12", "2010", "01"): 0.25,
        ("02", "2010", "02"): 1.0,
    }


def two_and_one(census, first, second, people=(0, 0)):
    """Tracts 01 and 02 of a census that are 10 of the other one: land and water of each, and its residents."""
    two, whole, other = ("01001000001", "01001000002"), "01001000010", {"2010": "2020", "2020": "2010"}[census]
    tracts = [(census, code, number, 0.0, 0.0, "01", "00100") for code, number in zip(two, people, strict=True)]
    tracts.append((other, whole, sum(people), 0.0, 0.0, "01", "00100"))
    land, parts = first[0] + second[0], []
    for code, each in zip(two, (first, second), strict=True):
        codes, lands = (whole, code), (land, each[0])
        parts.append((*codes, *lands, *each) if census == "2010" else (*codes[::-1], *lands[::-1], *each))
    return tracts, parts


@pytest.mark.parametrize(
    ("first", "second", "people", "shares"),
    [
        # Residents, the last of whom decides too
        ((5, 0), (5, 0), (100, 200), (0.3333, 0.6667)),
        ((5, 0), (5, 0), (1, 0), (1.0, None)),
        ((5, 0), (5, 0), (1, 1), (0.5, 0.5)),
        # Nobody lives there: land, to the last square metre
        ((1, 9), (3, 0), (0, 0), (0.25, 0.75)),
        ((1, 0), (1, 0), (0, 0), (0.5, 0.5)),
        ((1, 0), (0, 7), (0, 0), (1.0, None)),
        # No land: water
        ((0, 1), (0, 3), (0, 0), (0.25, 0.75)),
        ((0, 1), (0, 1), (0, 0), (0.5, 0.5)),
        ((0, 2), (0, 0), (0, 0), (1.0, None)),
        # What is less than half of a ten-thousandth vanishes
        ((1, 0), (20_001, 0), (0, 0), (None, 1.0)),
        ((1, 0), (19_999, 0), (0, 0), (0.0001, 1.0)),
    ],
)
@pytest.mark.parametrize(("census", "other"), [("2010", "2020"), ("2020", "2010")])
def test_two_tracts_that_are_one_in_the_other_census(bridged, census, other, first, second, people, shares):
    found = bridged(*two_and_one(census, first, second, people))
    assert [found.get((tract, other, "10")) for tract in ("01", "02")] == list(shares)


@pytest.mark.parametrize(("land", "water"), [(1, 5), (2, 5), (0, 1), (0, 2)])
def test_a_tract_that_stayed_the_same(bridged, land, water):
    tracts = [(census, "01001000001", 1, 0.0, 0.0, "01", "00100") for census in ("2010", "2020")]
    found = bridged(tracts, [("01001000001", "01001000001", land, land, land, water)])
    assert found == {("01", "2010", "01"): 1.0, ("01", "2020", "01"): 1.0}


@pytest.mark.parametrize(("people", "shares"), [(6, (0.5, 0.25)), (0, (0.5, 0.5))])
def test_residents_are_spread_over_the_land_of_the_tract_that_is_given(bridged, people, shares):
    """Half of tract 1 and a quarter of tract 2 are in tract 11, half and half of its land."""
    tracts = [
        (census, f"010010000{code}", people, 0.0, 0.0, "01", "00100")
        for census, code in (("2010", "01"), ("2010", "02"), ("2020", "11"))
    ]
    parts = [("01001000011", "01001000001", 10, 10, 5, 9), ("01001000011", "01001000002", 10, 20, 5, 9)]
    found = bridged(tracts, parts)
    whole = sum(shares)
    assert [found[old, "2020", "11"] for old in ("01", "02")] == [round(share / whole, 4) for share in shares]


PART = "region VARCHAR, component_type VARCHAR, component_geoid VARCHAR, vintage VARCHAR, shape VARCHAR, weight DOUBLE"
# Tract 1 of county 37001 became 101 and 102; others are the same in both censuses, some under the county's other code
SAME_TRACT = {"37001000200": "37001000200", "46113000200": "46102000200", "09001000300": "09001000300"}
LOCATED = {
    "tract": (
        TRACT,
        [
            ("2010", "37001000100", 0, 35.6, -79.5, "37", "00100"),
            ("2020", "37001000101", 0, 35.4, -79.6, "37", "00100"),
            ("2020", "37001000102", 0, 35.9, -79.1, "37", "00200"),
            ("2010", "37001000200", 0, 15.0, 55.0, "37", "00300"),
            ("2020", "37001000200", 0, 15.0, 55.0, "37", "00400"),
        ],
    ),
    "tract_code": (
        "vintage VARCHAR, code VARCHAR, tract_geoid VARCHAR",
        [
            ("2010", "37001000100", "37001000100"),
            ("2020", "37001000101", "37001000101"),
            ("2020", "37001000102", "37001000102"),
            ("2010", "37001000200", "37001000200"),
            ("2020", "37001000200", "37001000200"),
            ("2010", "46113000200", "46113000200"),
            ("2010", "46102000200", "46113000200"),
            ("2020", "46102000200", "46102000200"),
            ("2010", "09001000300", "09001000300"),
            ("2020", "09001000300", "09001000300"),
            ("2020", "09120000300", "09001000300"),
        ],
    ),
    "tract_bridge": (
        "vintage VARCHAR, tract_geoid VARCHAR, other_vintage VARCHAR, other_tract VARCHAR, share DOUBLE",
        [
            *(("2010", old, "2020", new, 1.0) for old, new in SAME_TRACT.items()),
            *(("2020", new, "2010", old, 1.0) for old, new in SAME_TRACT.items()),
            ("2010", "37001000100", "2020", "37001000101", 1.0),
            ("2010", "37001000100", "2020", "37001000102", 0.75),
            ("2020", "37001000101", "2010", "37001000100", 0.25),
            ("2020", "37001000102", "2010", "37001000100", 0.5),
        ],
    ),
    "connecticut_tract": (
        "tract_2020 VARCHAR, town_2020 VARCHAR, town_2022 VARCHAR",
        [("09001000300", "0900108070", "0912008070"), ("37001000200", "0900199999", "0912099999")],
    ),
    "geocorr_tract_place": (
        "vintage VARCHAR, county VARCHAR, tract VARCHAR, place VARCHAR, afact DOUBLE",
        [
            ("2018", "37001", "000100", "75000", 0.5),
            ("2022", "37001", "000101", "75000", 0.25),
            ("2018", "37001", "000200", "12000", 0.75),
            ("2022", "46102", "000200", "75000", 0.5),
        ],
    ),
    "zcta_county": (
        "zcta VARCHAR, county_geoid VARCHAR, population BIGINT, county_population BIGINT",
        [
            ("27101", "46102", 1, 4),
            ("27102", "46102", 2, 3),
            ("27103", "46102", 0, 4),
            ("27103", "09001", 3, 4),
            ("27104", "37001", 1, 2),
        ],
    ),
}


@pytest.fixture
def located(run_sql):
    """Gives census, tract and share of the parts of a region; a part: type, code and, if not 1, weight."""

    def run(*parts, vintage=None, shape=None):
        rows = run_sql(
            "geography/region_tract.sql",
            tables={
                "component": (PART, [("north", *part[:2], vintage, shape, *(part[2:] or (1.0,))) for part in parts]),
                **LOCATED,
            },
        )
        assert {(row["geoid"], row["part_type"], row["part_geoid"]) for row in rows} == {
            ("north", kind, code or "") for kind, code, *_ in parts
        }
        return [(row["vintage"], row["tract_geoid"], row["share"]) for row in rows]

    return run


OF_2010 = [("2010", "37001000100", 1), ("2010", "37001000200", 1)]
OF_2020 = [("2020", "37001000101", 1), ("2020", "37001000102", 1), ("2020", "37001000200", 1)]
CHANGED = [("2010", "46113000200", 1), ("2020", "46102000200", 1)]
CONNECTICUT = [("2010", "09001000300", 1), ("2020", "09001000300", 1)]


@pytest.mark.parametrize(
    ("part", "code", "tracts"),
    [
        ("county", "37001", OF_2010 + OF_2020),
        ("county", "46113", CHANGED),
        ("county", "46102", CHANGED),
        ("county", "09120", CONNECTICUT),
        ("tract", "37001000200", [OF_2010[1], OF_2020[2]]),
        ("tract", "37001000100", [OF_2010[0], OF_2020[0], ("2020", "37001000102", Decimal("0.75"))]),
        ("tract", "37001000102", [("2010", "37001000100", Decimal("0.5")), OF_2020[1]]),
        ("tract", "46102000200", CHANGED),
        ("puma", "3700100", [OF_2010[0], OF_2020[0]]),
        ("puma", "3700200", [("2010", "37001000100", Decimal("0.5")), OF_2020[1]]),
        ("town", "0900108070", CONNECTICUT),
        ("town", "0912008070", CONNECTICUT),
        ("place", "3775000", [("2010", "37001000100", Decimal("0.5")), ("2020", "37001000101", Decimal("0.25"))]),
        ("place", "3712000", [(*row[:2], Decimal("0.75")) for row in (OF_2010[1], OF_2020[2])]),
        ("place", "4675000", [(*row[:2], Decimal("0.5")) for row in CHANGED]),
        ("zcta", "27101", [(*row[:2], Decimal("0.25")) for row in CHANGED]),
        ("zcta", "27102", [(*row[:2], Decimal("0.666666666666667")) for row in CHANGED]),
        ("zcta", "27103", [(*row[:2], Decimal("0.75")) for row in CONNECTICUT]),
        (
            "zcta",
            "27104",
            [
                *((*row[:2], Decimal("0.5")) for row in (*OF_2010, OF_2020[0])),
                ("2020", "37001000102", Decimal("0.375")),
                (*OF_2020[2][:2], Decimal("0.5")),
            ],
        ),
    ],
)
def test_tracts_of_both_censuses_in_a_part(located, part, code, tracts):
    assert located((part, code)) == tracts
    assert located((part, code, 0.25), (part, code, 0.25)) == [
        (*row[:2], pytest.approx(row[2] / 2, abs=Decimal("1e-15"))) for row in tracts
    ]


@pytest.mark.parametrize(("vintage", "shares"), [("2010", (1, 1, 0.75)), ("2020", (0.75, 1, 1)), (None, (1, 1, 1))])
def test_a_code_of_one_census_is_brought_over_to_the_other(located, vintage, shares):
    first, *others = shares
    rows = {row[:2]: row[2] for row in located(("county", "37001"), vintage=vintage)}
    assert [rows[row[:2]] for row in (OF_2010[0], *OF_2020[:2])] == [Decimal(str(share)) for share in shares]


@pytest.mark.parametrize(
    ("corners", "tracts"),
    [
        # 101 lies in the triangle, 1 and 102 beyond its long side
        ([(-80, 35), (-79, 35), (-80, 36)], [("2010", "37001000100", Decimal("0.25")), OF_2020[0]]),
        ([(-80, 35), (-79, 35), (-79, 36), (-80, 36)], [OF_2010[0], *OF_2020[:2]]),
        ([(50, 10), (60, 10), (60, 20), (50, 20)], [OF_2010[1], OF_2020[2]]),
    ],
)
def test_tracts_whose_center_of_population_lies_in_a_polygon(located, corners, tracts):
    assert located(("polygon", None), shape=shapely.to_wkb(shapely.Polygon(corners), hex=True)) == tracts


@pytest.mark.parametrize(("part", "whole", "factor"), [(1, 3, 0.3333), (28933, 152319, 0.1899), (47678, 162308, 0.2938), (5, 5, 1.0), (1, 19999, 0.0001)])  # fmt: skip
def test_factors_are_those_of_geocorr(part, whole, factor):
    """28,933 / 152,319 = 0.18995004, and 0.1899 in Geocorr's file."""
    import duckdb

    from pipeline.settings import SQL

    with duckdb.connect() as con:
        con.execute((SQL / "macros/geography.sql").read_text(encoding="utf-8"))
        assert con.execute(f"SELECT geocorr_factor({part}, {whole})").fetchone() == (factor,)
