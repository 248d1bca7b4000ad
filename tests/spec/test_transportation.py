"""Transit commuters and transportation cost by hand: the card's example, tract types, the three flags, and places."""

import pytest

HT = "geoid VARCHAR, households DOUBLE, pct_transit_commuters DOUBLE, pct_transportation_cost DOUBLE"
CENSUS = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE, geocorr_tract_geoid VARCHAR"
PART = "geoid VARCHAR, part_type VARCHAR, part_geoid VARCHAR, weight DOUBLE, is_alone BOOLEAN"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
A, B, C, D = (f"01001{n:06}" for n in (100, 200, 300, 400))
COLOR, WHITE, MIXED = "Neighborhoods of color", "White neighborhoods", "Mixed neighborhoods"
# Households, cost and share of White residents of the card's example
EXAMPLE = {A: (100, 20, 90), B: (300, 30, 10), C: (100, 25, 50)}


@pytest.fixture
def shares(run_sql):
    """Rows by (geoid, subgroup), of the cost unless another measure is asked for; figures that are not given are as good as can be."""

    def run(
        tracts,
        units=None,
        income=(50000, 0),
        places=(),
        geography="county",
        areas=("01001",),
        race=True,
        year=2019,
        residents=1000,
        incomes=None,
        parts=(),
        measure="share_transportation_cost",
        **rules,
    ):
        """``tracts``: geoid -> (households, cost, percent White[, transit[, residents]])."""
        tracts = {tract: (*figures, *(10, residents)[len(figures) - 3 :]) for tract, figures in tracts.items()}
        ht = [(tract, households, transit, cost) for tract, (households, cost, _, transit, _) in tracts.items()]
        people = [
            ("tract", tract, line, n, 0)
            for tract, (_, _, white, _, people) in tracts.items()
            for line, n in ((1, people), (3, people * white // 100))
        ]
        units = dict.fromkeys(tracts, (100, 0)) if units is None else units
        if incomes is None:
            incomes = [(geography, geoid, *income) for geoid in areas] if income else []
        found = run_sql(
            "metrics/transportation.sql",
            variables={"year": year, "geography": geography, **rules},
            tables={
                "ht_tract": (HT, ht),
                "race": (CENSUS, people if race else []),
                "housing_units": (
                    CENSUS,
                    [("tract" if len(geoid) == len(A) else "county", geoid, 1, *each) for geoid, each in units.items()],
                ),
                "median_income": (CENSUS, [(area, geoid, 1, *figures) for area, geoid, *figures in incomes]),
                "tract_to_place": (PLACES, list(places)),
                "region_part": (PART, list(parts)),
                "universe": (UNIVERSE, [(year, geoid, geoid[:2]) for geoid in areas]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in found if row["measure"] == measure}

    return run


def test_the_cards_example(shares):
    rows = shares(EXAMPLE)
    assert {label: row["value"] for (_, label), row in rows.items()} == {
        "All": pytest.approx(0.27),
        WHITE: pytest.approx(0.20),
        COLOR: pytest.approx(0.30),
        MIXED: pytest.approx(0.25),
    }
    assert {(row["quality"], row["note"]) for row in rows.values()} == {(1, None)}
    row = rows["01001", "All"]
    assert (row["numerator"], row["denominator"], row["sample_size"]) == (pytest.approx(135), 500, len(EXAMPLE))


def test_transit_commuters_are_a_measure_of_their_own(shares):
    row = shares({A: (100, 20, 90, 6), B: (300, 30, 10, 2)}, measure="share_transit_commuter")["01001", "All"]
    assert (row["value"], row["numerator"], row["denominator"]) == (pytest.approx(0.03), pytest.approx(12), 400)


@pytest.mark.parametrize(
    ("white", "label"), [(100, WHITE), (60, WHITE), (59, MIXED), (50, MIXED), (41, MIXED), (40, COLOR), (0, COLOR)]
)
def test_a_type_begins_with_sixty_percent(shares, white, label):
    rows = shares({A: (100, 20, white)})
    assert [subgroup for (_, subgroup), row in rows.items() if row["value"] is not None and subgroup != "All"] == [
        label
    ]
    others = {row["note"] for (_, subgroup), row in rows.items() if subgroup not in ("All", label)}
    assert others == {"no tract of this type lies in this area"}


@pytest.mark.parametrize(
    ("residents", "white", "label"), [(1, 100, WHITE), (1, 0, COLOR), (2, 100, WHITE), (2, 0, COLOR), (2, 50, MIXED)]
)
def test_a_tract_of_one_or_two_residents_has_a_type(shares, residents, white, label):
    rows = shares({A: (100, 20, white)}, residents=residents)
    assert {subgroup for (_, subgroup), row in rows.items() if row["value"] is not None} == {"All", label}


def test_tracts_without_households_or_residents_do_not_count_and_missing_figures_are_left_out(shares):
    for without in ((0, 90, 50), (100, 90, 50, 10, 0)):
        row = shares({A: without, B: (100, 20, 50)})["01001", "All"]
        assert (row["value"], row["sample_size"]) == (pytest.approx(0.2), 1)
    few = shares({A: (1, 10, 50), B: (2, 20, 50)})["01001", "All"]
    assert (few["denominator"], few["sample_size"]) == (3, 2)
    both = shares({A: (100, None, 50), B: (100, 20, 50)})["01001", "All"]
    assert (both["value"], both["sample_size"]) == (pytest.approx(0.2), 1)
    alone = shares({A: (100, None, 50)})["01001", "All"]
    assert (alone["value"], alone["quality"], alone["note"]) == (None, None, "no tract of the area has this figure")


@pytest.mark.parametrize(
    ("units", "margin", "flag"),
    # 0.08 x 1,000,000 x 1.6448536 = 131,588.3; 0.15 gives 246,728.04
    [(10**6, 131588, 1), (10**6, 131589, 2), (10**6, 246728, 2), (10**6, 246729, 3), (0, 0, 3), (1, 0, 1), (2, 0, 1)],
)
def test_flag_of_the_housing_units(shares, units, margin, flag):
    assert shares({A: (100, 20, 50)}, units={A: (units, margin)})["01001", "All"]["quality"] == flag


@pytest.mark.parametrize(
    ("income", "flag"),
    [
        ((50000, 8224), 1),
        ((50000, 8225), 2),
        ((50000, 24672), 2),
        ((50000, 24673), 3),
        ((50000, None), 3),
        ((None, None), 3),
        ((0, 0), 3),
        ((1, 0), 1),
        ((2, 0), 1),
    ],
)
def test_flag_of_the_median_income(shares, income, flag):
    assert shares({A: (100, 20, 50)}, income=income)["01001", "All"]["quality"] == flag


def test_housing_units_without_a_margin_or_a_tract_without_them_are_weak(shares):
    assert shares({A: (100, 20, 50)}, units={A: (1000, None)})["01001", "All"]["quality"] == 3
    assert shares({A: (100, 20, 50), B: (100, 20, 50)}, units={A: (1000, 1)})["01001", "All"]["quality"] == 3


def test_what_is_not_landed_leaves_the_flag_or_the_type_out_and_says_so(shares):
    row = shares({A: (100, 20, 50)}, units={}, income=None)["01001", "All"]
    assert (row["value"], row["quality"]) == (pytest.approx(0.2), None)
    assert row["note"] == "no quality: no input of table B25001, B19013"
    no_units = shares({A: (100, 20, 50)}, units={"01001": (100, 0)})["01001", "All"]
    assert (no_units["quality"], no_units["note"]) == (None, "no quality: no input of table B25001")
    no_income = shares({A: (100, 20, 50)}, incomes=[("place", "0100100", 50000, 0)])["01001", "All"]
    assert (no_income["quality"], no_income["note"]) == (None, "no quality: no input of table B19013")
    rows = shares({A: (100, 20, 50)}, race=False, areas=("01001", "02020", "01003"))
    assert rows["01001", "All"]["value"] == pytest.approx(0.2)
    assert rows["01001", MIXED]["note"] == "no input: table B03002"
    assert rows["02020", "All"]["note"] == rows["02020", MIXED]["note"] == "no input for state"
    assert rows["01003", "All"]["note"] == "no tract of the input lies in this area"


PARTS = [(A, "0100100", 1, A), (B, "0100100", 0.5, B)]
PLACE = {"geography": "place", "areas": ("0100100",)}


def test_a_place_takes_its_part_of_the_households(shares):
    row = shares({A: (100, 20, 50), B: (200, 30, 50)}, places=PARTS, **PLACE)["0100100", "All"]
    assert (row["value"], row["quality"], row["note"]) == (pytest.approx(0.25), 1, None)


@pytest.mark.parametrize(
    ("geography", "geoid", "other"), [("county", "01001", "01003"), ("place", "0100100", "0100200")]
)
def test_an_area_that_the_incomes_of_its_state_lack_is_weak(shares, geography, geoid, other):
    run = {"geography": geography, "areas": (geoid,), "places": PARTS if geography == "place" else ()}
    row = shares({A: (100, 20, 50), B: (100, 20, 50)}, incomes=[(geography, other, 50000, 0)], **run)[geoid, "All"]
    assert (row["quality"], row["note"]) == (3, None)


def test_a_place_whose_tracts_lie_mostly_elsewhere_is_marginal(shares):
    tracts = {A: (300, 20, 50), B: (100, 30, 50), C: (100, 20, 50)}
    half = [(A, "0100100", 1, A), (B, "0100100", 0.5, B)]
    third = [*half, (C, "0100100", 0.2, C)]
    more = [(A, "0100100", 0.50001, A), *half[1:]]
    assert shares(tracts, places=more, **PLACE)["0100100", "All"]["quality"] == 1  # one of two, more than half of it
    assert shares(tracts, places=half, **PLACE)["0100100", "All"]["quality"] == 1
    assert shares(tracts, places=third, **PLACE)["0100100", "All"]["quality"] == 2
    # Weighted by households 300 of 500 lie mostly in the place.
    assert shares(tracts, places=third, rule_unweighted_match=False, **PLACE)["0100100", "All"]["quality"] == 1
    for alike, quality in (((300, 300), 1), ((300, 301), 2), ((301, 300), 1)):
        tracts = {tract: (n, 20, 50) for tract, n in zip((A, B), alike, strict=True)}
        row = shares(tracts, places=more, rule_unweighted_match=False, **PLACE)["0100100", "All"]
        assert row["quality"] == quality


def test_the_error_of_a_places_housing_units_is_that_of_whole_tracts(shares):
    # Half of 1,000 units +- 150: 91 / 500 = 0.18; rightly 45.6 / 500 = 0.09
    tracts, parts = {A: (100, 20, 50)}, [(A, "0100100", 0.6, A)]
    assert shares(tracts, {A: (1000, 150)}, places=parts, **PLACE)["0100100", "All"]["quality"] == 3
    right = shares(tracts, {A: (1000, 150)}, places=parts, rule_unscaled_error_of_places=False, **PLACE)
    assert right["0100100", "All"]["quality"] == 2


def test_connecticuts_cities_are_found_by_the_corrected_edition_only(shares):
    tract = "09120070100"
    parts = [(tract, "0908000", 1, "09001070100")]
    place = {"geography": "place", "areas": ("0908000",), "year": 2022}
    assert shares({tract: (100, 20, 50)}, places=parts, **place)["0908000", "All"]["value"] is None
    right = shares({tract: (100, 20, 50)}, places=parts, rule_connecticut_cities=False, **place)
    assert right["0908000", "All"]["value"] == pytest.approx(0.2)


def test_a_region_that_is_one_county_or_place_has_its_income_and_one_of_several_has_no_quality(shares):
    tracts = {A: (100, 20, 50), B: (100, 30, 50)}
    places = [(tract, geoid, 1, tract) for geoid in ("01-alone", "01-city", "01-both") for tract in tracts]
    parts = [("01-alone", "county", "01001", 1, True), ("01-city", "place", "0100100", 1, True)]
    parts += [("01-both", "county", geoid, 1, False) for geoid in ("01001", "01003")]
    incomes = [("county", "01001", 50000, 8225), ("county", "01003", 50000, 0), ("place", "0100100", 50000, 24673)]
    incomes += [("tract", "0100100", 50000, 0), ("place", "01001", 50000, 0)]  # codes of another kind of area
    regions = ("01-alone", "01-city", "01-both")
    rows = shares(tracts, places=places, geography="north", areas=regions, parts=parts, incomes=incomes)
    assert {geoid: (rows[geoid, "All"]["quality"], rows[geoid, "All"]["note"]) for geoid in regions} == {
        "01-alone": (2, None),
        "01-city": (3, None),
        "01-both": (None, "no quality: the median income of several areas is not known"),
    }
    assert rows["01-both", "All"]["value"] == 0.25


def test_tracts_of_a_region_are_found_under_their_codes(shares):
    tract = "09120070100"
    parts = [(tract, "09-north", 1, "09001070100")]
    rows = shares({tract: (100, 20, 50)}, places=parts, geography="north", areas=("09-north",), year=2022)
    assert rows["09-north", "All"]["value"] == 0.2


def test_the_error_of_a_regions_housing_units_is_that_of_its_part_and_tracts_that_lie_elsewhere_are_no_fault(shares):
    # 0.4 of 1,000 +- 150: 60 / 1.645 / 400 = 0.09
    run = {"places": [(A, "01-north", 0.4, A)], "geography": "north", "areas": ("01-north",)}
    run |= {"parts": [("01-north", "county", "01001", 1, True)], "incomes": [("county", "01001", 50000, 0)]}
    assert shares({A: (100, 20, 50)}, {A: (1000, 131)}, **run)["01-north", "All"]["quality"] == 1
    assert shares({A: (100, 20, 50)}, {A: (1000, 150)}, **run)["01-north", "All"]["quality"] == 2


def test_the_value_of_all_lies_between_those_of_the_types(shares):
    rows = shares(EXAMPLE)
    types = [row["value"] for (_, label), row in rows.items() if label != "All"]
    assert min(types) <= rows["01001", "All"]["value"] <= max(types)
