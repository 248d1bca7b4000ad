"""Transit commuters and transportation cost by hand: the card's example, tract types, the three flags, and places."""

import pytest

HT = "geoid VARCHAR, households DOUBLE, pct_transit_commuters DOUBLE, pct_transportation_cost DOUBLE"
CENSUS = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE, geocorr_tract_geoid VARCHAR"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
A, B, C, D = (f"01001{n:06}" for n in (100, 200, 300, 400))
COLOR, WHITE, MIXED = "Neighborhoods of color", "White neighborhoods", "Mixed neighborhoods"
# Households, cost and share of White residents of the card's example
EXAMPLE = {A: (100, 20, 90), B: (300, 30, 10), C: (100, 25, 50)}


@pytest.fixture
def shares(run_sql):
    """Rows by (geoid, subgroup) of the cost, with figures as good as can be where none are given."""

    def run(
        tracts,
        units=None,
        income=(50000, 0),
        places=(),
        geography="county",
        areas=("01001",),
        race=True,
        year=2019,
        **rules,
    ):
        """``tracts``: geoid -> (households, cost, percent White[, transit])."""
        ht = [
            (tract, figures[0], figures[3] if len(figures) > 3 else 10, figures[1]) for tract, figures in tracts.items()
        ]
        people = [
            ("tract", tract, line, n, 0) for tract, f in tracts.items() for line, n in ((1, 1000), (3, f[2] * 10))
        ]
        units = dict.fromkeys(tracts, (100, 0)) if units is None else units
        found = run_sql(
            "metrics/transportation.sql",
            variables={"year": year, "geography": geography, **rules},
            tables={
                "ht_tract": (HT, ht),
                "race": (CENSUS, people if race else []),
                "housing_units": (CENSUS, [("tract", tract, 1, *figures) for tract, figures in units.items()]),
                "median_income": (CENSUS, [(geography, geoid, 1, *income) for geoid in areas] if income else []),
                "tract_to_place": (PLACES, list(places)),
                "universe": (UNIVERSE, [(year, geoid, geoid[:2]) for geoid in areas]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in found if row["measure"] == "share_transportation_cost"}

    return run


def test_the_cards_example(shares):
    rows = shares(EXAMPLE)
    assert {label: row["value"] for (_, label), row in rows.items()} == {
        "All": pytest.approx(0.27),
        WHITE: pytest.approx(0.20),
        COLOR: pytest.approx(0.30),
        MIXED: pytest.approx(0.25),
    }
    assert {row["quality"] for row in rows.values()} == {1}
    assert rows["01001", "All"]["sample_size"] == len(EXAMPLE)


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


def test_tracts_without_households_do_not_count_and_missing_figures_are_left_out(shares):
    assert shares({A: (0, 90, 50), B: (100, 20, 50)})["01001", "All"]["value"] == pytest.approx(0.2)
    both = shares({A: (100, None, 50), B: (100, 20, 50)})["01001", "All"]
    assert (both["value"], both["sample_size"]) == (pytest.approx(0.2), 1)
    alone = shares({A: (100, None, 50)})["01001", "All"]
    assert (alone["value"], alone["quality"], alone["note"]) == (None, None, "no tract of the area has this figure")


@pytest.mark.parametrize(("margin", "flag"), [(131, 1), (132, 2), (246, 2), (247, 3)])
def test_flag_of_the_housing_units(shares, margin, flag):
    # 1,000 units: 0.08 x 1,000 x 1.6448536 = 131.6; 0.15 gives 246.7
    assert shares({A: (100, 20, 50)}, units={A: (1000, margin)})["01001", "All"]["quality"] == flag


@pytest.mark.parametrize(
    ("income", "flag"),
    [
        ((50000, 8224), 1),
        ((50000, 8225), 2),
        ((50000, 24672), 2),
        ((50000, 24673), 3),
        ((50000, None), 3),
        ((None, None), 3),
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
    rows = shares({A: (100, 20, 50)}, race=False, areas=("01001", "02020", "01003"))
    assert rows["01001", "All"]["value"] == pytest.approx(0.2)
    assert rows["01001", MIXED]["note"] == "no input: table B03002"
    assert rows["02020", "All"]["note"] == rows["02020", MIXED]["note"] == "no input for state"
    assert rows["01003", "All"]["note"] == "no tract of the input lies in this area"


PARTS = [(A, "0100100", 1, A), (B, "0100100", 0.5, B)]
PLACE = {"geography": "place", "areas": ("0100100",)}


def test_a_place_takes_its_part_of_the_households(shares):
    row = shares({A: (100, 20, 50), B: (200, 30, 50)}, places=PARTS, **PLACE)["0100100", "All"]
    assert row["value"] == pytest.approx(0.25)


def test_a_place_whose_tracts_lie_mostly_elsewhere_is_marginal(shares):
    tracts = {A: (300, 20, 50), B: (100, 30, 50), C: (100, 20, 50)}
    half = [(A, "0100100", 1, A), (B, "0100100", 0.5, B)]
    third = [*half, (C, "0100100", 0.2, C)]
    assert shares(tracts, places=half, **PLACE)["0100100", "All"]["quality"] == 1
    assert shares(tracts, places=third, **PLACE)["0100100", "All"]["quality"] == 2
    # Weighted by households 300 of 500 lie mostly in the place.
    assert shares(tracts, places=third, rule_unweighted_match=False, **PLACE)["0100100", "All"]["quality"] == 1


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


def test_the_value_of_all_lies_between_those_of_the_types(shares):
    rows = shares(EXAMPLE)
    types = [row["value"] for (_, label), row in rows.items() if label != "All"]
    assert min(types) <= rows["01001", "All"]["value"] <= max(types)
