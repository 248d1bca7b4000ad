"""Social capital by hand: every rule of sql/metrics/social-capital.sql and of the overlay of ZCTAs and places."""

import duckdb
import pytest
import shapely

from pipeline import settings

ESTABLISHMENTS = "geoid VARCHAR, naics VARCHAR, establishments BIGINT"
ZIPS = "zip VARCHAR, naics VARCHAR, establishments BIGINT"
CROSSWALK = "zcta VARCHAR, place_geoid VARCHAR, zcta_to_place DOUBLE, place_to_zcta DOUBLE, vintage VARCHAR"
COUNTY_FRIENDS = "geoid VARCHAR, connectedness DOUBLE, standard_error DOUBLE"
ZIP_FRIENDS = "zcta VARCHAR, county_geoid VARCHAR, low_status_people DOUBLE, connectedness DOUBLE"
AREAS = "zcta VARCHAR, place_geoid VARCHAR, share_of_zcta DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR, population BIGINT"
KINDS = ["711211", "713910", "713940", "713950", "813110", "813410", "813910", "813920", "813930", "813940"]
RATE, SHARE = "count_membership_associations_per_10k", "share_economic_connectedness"


@pytest.fixture
def social(run_sql):
    """Rows by measure and area; what is not given has no rows."""

    def run(
        geography,
        year,
        universe,
        establishments=(),
        zips=(),
        crosswalk=(),
        friends=(),
        zip_friends=(),
        areas=(),
        **rules,
    ):
        rows = run_sql(
            "metrics/social-capital.sql",
            variables={
                "year": year,
                "geography": geography,
                "kinds_of_associations": KINDS,
                "friendship_year": 2022,
                "friendship_list": 2020,
                **rules,
            },
            tables={
                "county_establishments": (ESTABLISHMENTS, list(establishments)),
                "county_code_change": (
                    "old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT",
                    [("46113", "46102", 2015), ("02261", "02063", 2020), ("02261", "02066", 2020)],
                ),
                "zip_establishments": (ZIPS, list(zips)),
                "zcta_place": (CROSSWALK, list(crosswalk)),
                "county_friends": (COUNTY_FRIENDS, list(friends)),
                "zip_friends": (ZIP_FRIENDS, list(zip_friends)),
                "zcta_area": (AREAS, list(areas)),
                "universe": (UNIVERSE, universe),
            },
        )
        return {(row["measure"], row["geoid"]): row for row in rows}

    return run


def test_associations_of_the_cards_example(social):
    establishments = [("01001", "813110", 70), ("01001", "713940", 6), ("01001", "722511", 50), ("01001", "813", 90)]
    establishments += [("01007", None, 49), ("01009", "813110", 5)]
    universe = [(2014, "01001", 55395), (2014, "01003", 9), (2014, "01007", 40000), (2014, "01009", None)]
    found = social("county", 2014, [*universe, (2015, "01005", 9)], establishments)
    row = found[RATE, "01001"]
    assert (row["value"], row["quality"], row["numerator"], row["denominator"], row["note"]) == (
        13.7,
        1,
        76,
        55395,
        None,
    )
    none = found[RATE, "01003"]
    assert (none["value"], none["quality"], none["note"]) == (None, None, "no membership associations in the source")
    assert found[RATE, "01007"]["value"] == 12.2  # 12.25 is a tie
    assert (found[RATE, "01009"]["value"], found[RATE, "01009"]["note"]) == (None, "no population")
    assert set(found) == {(RATE, geoid) for _, geoid, _ in universe}


def test_a_missing_source_is_told(social):
    found = social("county", 2022, [(2022, "01001", 9), (2020, "01001", 9)], friends=[("01003", 1.0, 0.1)])
    assert found[RATE, "01001"]["note"] == "no input: business patterns"
    assert found[SHARE, "01001"]["note"] == "no value in the source"
    found = social("county", 2022, [(2022, "01001", 9), (2020, "01001", 9)], establishments=[("01001", "813110", 1)])
    assert found[SHARE, "01001"]["note"] == "no input: Social Capital Atlas"


@pytest.mark.parametrize(
    ("landed", "notes"),
    [
        ({}, {"no input: business patterns", "no input: Social Capital Atlas"}),
        ({"zips": [("20009", "813110", 1)]}, {"no input: business patterns", "no input: Social Capital Atlas"}),
        (
            {"crosswalk": [("20001", "2000001", 1, 1, "2020")]},
            {"no input: business patterns", "no input: Social Capital Atlas"},
        ),
        (
            {"zips": [("20009", "813110", 1)], "crosswalk": [("20001", "2000001", 1, 1, "2020")]},
            {"no membership associations in the source", "no input: Social Capital Atlas"},
        ),
        (
            {"zip_friends": [("20001", "20001", 1, 1.0)]},
            {"no input: business patterns", "no input: Social Capital Atlas"},
        ),
        ({"areas": [("20001", "2000002", 1)]}, {"no input: business patterns", "no input: Social Capital Atlas"}),
        (
            {"zip_friends": [("20001", "20001", 1, 1.0)], "areas": [("20001", "2000002", 1)]},
            {"no input: business patterns", "no value in the source"},
        ),
    ],
)
def test_a_place_needs_two_files_of_each_source(social, landed, notes):
    found = social("place", 2022, [(2022, "2000001", 9), (2020, "2000001", 9)], **landed)
    assert {row["note"] for row in found.values()} == notes


def test_old_county_codes_are_lost_and_mended_in_corrected(social):
    establishments, universe = [("46113", "813110", 2), ("02261", "813110", 5)], [(2016, "46102", 14000)]
    assert social("county", 2016, universe, establishments)[RATE, "46102"]["value"] is None
    for year in (2015, 2016):
        universe = [(year, "46102", 14000)]
        row = social("county", year, universe, establishments, rule_old_county_codes=False)[RATE, "46102"]
        assert (row["value"], row["quality"]) == (1.4, 1)
    # A code that was split has no single successor
    split = social("county", 2020, [(2020, "02063", 7000)], establishments, rule_old_county_codes=False)
    assert split[RATE, "02063"]["value"] is None


CROSSWALKS = [
    ("20001", "2000001", 0.5, 0.8, "2010"),
    ("20001", "2000001", 0.4, 0.7, "2020"),
    ("20002", "2000001", 0.1, 0.2, "2020"),
]


@pytest.mark.parametrize(
    ("year", "counted_twice", "associations", "quality"),
    [
        # 40 x 0.5 + 40 x 0.4 + 10 x 0.1 = 37; 0.4 + 0.28 + 0.02 = 0.7
        (2014, True, 37, 2),
        (2014, False, 20, 2),  # 0.4
        (2019, False, 20, 2),
        (2020, False, 17, 3),  # 0.3
    ],
)
def test_zip_codes_count_in_both_crosswalks(social, year, counted_twice, associations, quality):
    zips = [
        ("20001", "813110", 30),
        ("20001", "813930", 10),
        ("20002", "813410", 10),
        ("20001", "722511", 99),
        ("20999", "813110", 7),
    ]
    found = social(
        "place",
        year,
        [(year, "2000001", 10000)],
        zips=zips,
        crosswalk=CROSSWALKS,
        rule_places_counted_twice=counted_twice,
    )
    row = found[RATE, "2000001"]
    assert (row["value"], row["quality"], row["numerator"]) == (associations, quality, pytest.approx(associations))


def test_connectedness_of_a_county_is_half_of_the_sources_with_bounds(social):
    universe = [(2020, "01001", 1), (2022, "01001", 1), (2022, "09110", 1), (2020, "09001", 1)]
    friends = [("01001", 0.72077, 0.0083100004), ("09001", None, None), ("02261", 1.0, 0.01)]
    found = social("county", 2022, universe, friends=friends)
    row = found[SHARE, "01001"]
    assert row["value"] == 0.360385
    assert (row["lower"], row["upper"]) == (
        pytest.approx(0.352241349252, abs=1e-12),
        pytest.approx(0.368528650748, abs=1e-12),
    )
    assert (row["quality"], row["standard_error"], row["note"]) == (1, pytest.approx(0.0041550002), None)
    assert (found[SHARE, "09001"]["value"], found[SHARE, "09001"]["quality"]) == (None, None)
    # Counties of the list of 2020 with connectedness, those of 2022 with associations
    assert set(found) == {(SHARE, "01001"), (SHARE, "09001"), (RATE, "01001"), (RATE, "09110")}
    assert not {measure for measure, _ in social("county", 2021, [(2021, "01001", 1)], friends=friends)} & {SHARE}


def friends_of(zctas, state="20"):
    return [(zcta, f"{state}001", people, value) for zcta, people, value in zctas]


def test_connectedness_of_a_place_is_weighted_by_area(social):
    universe = [(2020, "2000001", 1), (2020, "2000002", 1)]
    zip_friends = friends_of([("20001", 100, 1.0), ("20002", 700, 0.4), ("20003", 5, None)])
    zip_friends += friends_of([("20004", 10, 1.8)], state="29")
    areas = [
        ("20001", "2000001", 1.0),
        ("20002", "2000001", 0.5),
        ("20003", "2000001", 1.0),
        ("20004", "2000001", 0.5),
        ("20003", "2000002", 1.0),
    ]
    run = {"zip_friends": zip_friends, "areas": areas}
    row = social("place", 2022, universe, **run)[SHARE, "2000001"]
    # 0.5 x (1 x 1 + 0.5 x 0.4) / 1.5 = 0.4; one of two ZCTAs wholly inside
    assert (row["value"], row["lower"], row["quality"]) == (pytest.approx(0.4), None, 1)
    assert social("place", 2022, universe, **run)[SHARE, "2000002"]["note"] == "no value in the source"
    # 0.5 x (100 x 1 + 350 x 0.4) / 450 = 0.26667
    people = social("place", 2022, universe, **run, rule_area_weights=False)[SHARE, "2000001"]
    assert people["value"] == pytest.approx(0.5 * 240 / 450)
    # One whose people are not known has no weight
    unknown = run | {"zip_friends": [*zip_friends[:2], ("20003", "20001", None, 1.0)]}
    people = social("place", 2022, universe, **unknown, rule_area_weights=False)
    assert people[SHARE, "2000001"]["value"] == pytest.approx(0.5 * 240 / 450)
    assert people[SHARE, "2000002"]["value"] is None
    # With the ZCTA across the state line: 0.5 x (1 + 0.2 + 0.9) / 2; one of three wholly inside
    across = social("place", 2022, universe, **run, rule_zcta_of_another_state=False)[SHARE, "2000001"]
    assert (across["value"], across["quality"]) == (pytest.approx(0.525), 2)


@pytest.mark.parametrize(
    ("inside", "touching", "quality", "corrected"),
    [
        (1, 1, 1, 1),
        (2, 2, 1, 1),
        (1, 2, 1, 1),
        (49, 100, 2, 2),
        (16, 100, 2, 2),
        (3, 20, None, 2),
        (14, 100, 3, 3),
        (0, 3, 3, 3),
    ],
)
def test_flag_of_a_place_is_the_part_of_zctas_wholly_inside(social, inside, touching, quality, corrected):
    zctas = [f"{20000 + number}" for number in range(touching)]
    run = {
        "zip_friends": friends_of([(zcta, 1, 1.0) for zcta in zctas]),
        "areas": [(zcta, "2000001", 1.0 if number < inside else 0.001) for number, zcta in enumerate(zctas)],
    }
    row = social("place", 2022, [(2020, "2000001", 1)], **run)[SHARE, "2000001"]
    assert (row["value"], row["quality"]) == (pytest.approx(0.5), quality)
    mended = social("place", 2022, [(2020, "2000001", 1)], **run, rule_gap_in_the_flag=False)
    assert mended[SHARE, "2000001"]["quality"] == corrected


def outlined(code, west, east, south=0, area=None):
    """A box one degree high with its area (or another), bounds and outline."""
    shape = shapely.to_wkb(shapely.box(west, south, east, south + 1))
    literal = "".join(f"\\x{byte:02X}" for byte in shape)
    return code, area or float(east - west), [west, south, east, south + 1], literal


@pytest.fixture
def parts_of_zctas(run_sql):
    """ZCTA, place and part of the rows that are made of outlines, or of the publisher's table ``overlay``."""

    def run(zctas, places, overlay=()):
        outline = "area DOUBLE, bounds DOUBLE[], geometry BLOB"
        rows = run_sql(
            "geography/zcta_area_to_place.sql",
            tables={
                "overlay": (AREAS, list(overlay)),
                "zcta_boundary": (f"zcta VARCHAR, {outline}", zctas),
                "place_boundary": (f"geoid VARCHAR, {outline}", places),
                "universe": (UNIVERSE, [(2020, "2000001", 1), (2018, "2000001", 1)]),
            },
        )
        return [(row["zcta"], row["place_geoid"], row["share_of_zcta"]) for row in rows]

    return run


@pytest.mark.parametrize(("west", "south"), [(0, 0), (-80, 35)])
def test_parts_of_zctas_come_from_the_publisher_or_from_outlines(parts_of_zctas, west, south):
    boxes = [(0, 1), (9, 13), (10, 11), (-2, 1)]
    zctas = [outlined(f"2000{number}", west + a, west + b, south) for number, (a, b) in enumerate(boxes)]
    places = [outlined(geoid, west, west + 10, south) for geoid in ("2000001", "2099999")]
    assert parts_of_zctas(zctas, places) == [
        ("20000", "2000001", 1.0),
        ("20001", "2000001", 0.25),
        ("20003", "2000001", 0.333333333333),  # twelve decimals
    ]
    assert parts_of_zctas(zctas, places, [("20001", "2000001", 0.5)]) == [("20001", "2000001", 0.5)]


def test_no_part_is_more_than_the_whole(parts_of_zctas):
    assert parts_of_zctas([outlined("20000", 0, 1, area=0.9)], [outlined("2000001", 0, 10)]) == [
        ("20000", "2000001", 1.0)
    ]


@pytest.mark.parametrize(
    ("number", "digits", "rounded"),
    # Expected: round() of R 4.x. 0.15 and 2.675 are below the tie as doubles, 12.25 and 0.375 are ties.
    [
        (12.25, 1, 12.2),
        (12.75, 1, 12.8),
        (0.15, 1, 0.1),
        (0.25, 1, 0.2),
        (2.675, 2, 2.67),
        (0.375, 2, 0.38),
        (2.5, 0, 2),
        (3.5, 0, 4),
        (13.72, 1, 13.7),
        (7.0, 1, 7.0),
    ],
)
def test_rounding_is_that_of_r(number, digits, rounded):
    con = duckdb.connect()
    con.execute((settings.SQL / "macros" / "rounding.sql").read_text(encoding="utf-8"))
    assert con.execute(f"SELECT round_half_even(?::DOUBLE, {digits})", [number]).fetchone()[0] == rounded
