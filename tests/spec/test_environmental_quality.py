"""Air quality index by hand: the card's example, tract types at their thresholds, weights, and quality."""

import pytest

TOXICS = "tract VARCHAR, cancer DOUBLE, neurological DOUBLE, respiratory DOUBLE, tract_index DOUBLE"
CENSUS = "table_id VARCHAR, area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT"
RACE = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT"
PLACES = "tract_geoid VARCHAR, geoid VARCHAR, afact DOUBLE"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"
CHANGES = "old_geoid VARCHAR, new_geoid VARCHAR, first_year SMALLINT"
A, B, C, D = (f"01001{n:06}" for n in (100, 200, 300, 400))
# The four tracts of the card: cancer, neurological, respiratory; their indices are 100, 67, 0 and 33
EXAMPLE = {A: (20, 0.02, 0.2), B: (30, 0.03, 0.3), C: (30, 0.05, 0.4), D: (40, 0.02, 0.5)}


@pytest.fixture
def index(run_sql):
    """Rows by (geoid, subgroup). ``people``: tract -> (residents, percent White, percent in poverty)."""

    def run(
        people,
        toxics=EXAMPLE,
        listed=None,
        renumbering=(),
        places=(),
        geography="county",
        areas=("01001",),
        year=2018,
        poverty=True,
        ratios=(),
        derived=None,
        **rules,
    ):
        listed = list(toxics) if listed is None else listed
        residents = [
            ("tract", t, line, n)
            for t, (n_all, white, _) in people.items()
            for line, n in ((1, n_all), (3, n_all * white // 100))
        ]
        poor = [
            ("B17001", "tract", t, line, n)
            for t, (n_all, _, rate) in people.items()
            for line, n in ((1, n_all), (2, n_all * rate // 100))
        ]
        found = run_sql(
            "metrics/environmental-quality.sql",
            variables={"year": year, "geography": geography, **rules},
            tables={
                "air_toxics": (TOXICS, derived or [(t, c, n, r, None) for t, (c, n, r) in toxics.items()]),
                "renumbering": ("epa_tract VARCHAR, acs_tract VARCHAR", list(renumbering)),
                "tract_county": (
                    "state VARCHAR, county VARCHAR, tract VARCHAR",
                    [(t[:2], t[2:5], t[5:]) for t in listed],
                ),
                "county_changes": (
                    CHANGES,
                    [("46113", "46102", 2015), ("02261", "02063", 2020), ("13201", "13203", 2019)],
                ),
                "race": (RACE, residents),
                "poverty": (CENSUS, (poor if poverty else []) + [("C17002", "tract", *each) for each in ratios]),
                "tract_to_place": (PLACES, list(places)),
                "universe": (UNIVERSE, [(2020, geoid, geoid[:2]) for geoid in areas]),
            },
        )
        return {(row["geoid"], row["subgroup"]): row for row in found}

    return run


def alone(tract):
    """Residents in one tract only, so that the county has its index."""
    return {each: (1000 if each == tract else 0, 50, 10) for each in EXAMPLE}


@pytest.mark.parametrize(("tract", "value"), [(A, 100), (B, 67), (C, 0), (D, 33)])
def test_the_cards_example(index, tract, value):
    assert index(alone(tract))["01001", "All"]["value"] == value


def test_a_county_is_the_mean_weighted_by_residents_and_rounded(index):
    # (100 x 300 + 67 x 100) / 400 = 91.75
    row = index({A: (300, 50, 10), B: (100, 50, 10), C: (0, 50, 10), D: (0, 50, 10)})["01001", "All"]
    names = ("value", "quality", "denominator", "sample_size", "note")
    assert tuple(row[name] for name in names) == (92, 1, 400, 2, None)


@pytest.mark.parametrize(
    ("residents", "white", "label"),
    [
        (1, 100, "Majority White, Non-Hispanic"),
        (1, 0, "Majority Non-White"),
        (2, 100, "Majority White, Non-Hispanic"),
        (2, 0, "Majority Non-White"),
        (2, 50, "No Majority Race/Ethnicity"),
    ],
)
def test_a_tract_of_one_or_two_residents_counts_in_its_groups(index, residents, white, label):
    people = {A: (residents, white, 100)} | dict.fromkeys((B, C, D), (0, 50, 10))
    rows = {name: row for (_, name), row in index(people).items() if row["value"] is not None}
    assert set(rows) == {"All", label, "High-Poverty"}
    assert {(row["quality"], row["sample_size"]) for row in rows.values()} == {(1, 1)}


def test_halves_are_rounded_to_the_even_number_and_tracts_are_rounded_first(index):
    # 100 and 33: 66.5 is 66; without rounding of tracts 66.67 is 67
    people = {A: (100, 50, 10), B: (0, 50, 10), C: (0, 50, 10), D: (100, 50, 10)}
    assert index(people)["01001", "All"]["value"] == 66
    assert index(people, rule_rounded_tracts=False)["01001", "All"]["value"] == 67


@pytest.mark.parametrize(
    ("white", "label"),
    [
        (100, "Majority White, Non-Hispanic"),
        (60, "Majority White, Non-Hispanic"),
        (59.998, "No Majority Race/Ethnicity"),
        (59, "No Majority Race/Ethnicity"),
        (41, "No Majority Race/Ethnicity"),
        (40, "Majority Non-White"),
        (0, "Majority Non-White"),
    ],
)
def test_majorities_begin_with_sixty_percent(index, white, label):
    rows = index({A: (100000, white, 10)} | dict.fromkeys((B, C, D), (0, 50, 10)))
    with_value = [each for (_, each), row in rows.items() if row["value"] is not None and "Poverty" not in each]
    assert with_value == sorted(["All", label], key=with_value.index)
    others = {(row["note"], row["quality"]) for (_, each), row in rows.items() if "Majority" in each and each != label}
    assert others == {("no tract of this kind lies in this area", None)}


@pytest.mark.parametrize(("rate", "label"), [(39, "Not High-Poverty"), (40, "High-Poverty"), (41, "High-Poverty")])
def test_high_poverty_begins_with_forty_percent(index, rate, label):
    rows = index({A: (1000, 50, rate)} | dict.fromkeys((B, C, D), (0, 50, 10)))
    assert [each for (_, each), row in rows.items() if row["value"] is not None and "Poverty" in each] == [label]


@pytest.mark.parametrize(
    ("lines", "label"),
    [((100, 300), "High-Poverty"), ((399, 0), "Not High-Poverty"), ((0, 400), "High-Poverty")],
)
def test_ratios_stand_in_for_people_in_poverty(index, lines, label):
    # C17002: ratios below 0.5 and from 0.5 to 1 are lines 2 and 3; line 4 is from 1 to 1.25
    ratios = [(A, line, n) for line, n in ((1, 1000), (2, lines[0]), (3, lines[1]), (4, 500))]
    rows = index(alone(A), poverty=False, ratios=ratios)
    assert [each for (_, each), row in rows.items() if row["value"] is not None and "Poverty" in each] == [label]
    # Table B17001 (10 percent) goes before
    both = index(alone(A), ratios=ratios)
    assert (both["01001", "Not High-Poverty"]["value"], both["01001", "High-Poverty"]["value"]) == (100, None)


def test_the_same_score_has_the_lowest_rank(index):
    toxics = {A: (20, 0.02, 0.2), B: (30, 0.03, 0.3), C: (30, 0.03, 0.3), D: (40, 0.05, 0.5)}
    values = [
        index({each: (1000 if each == t else 0, 50, 10) for each in toxics}, toxics)["01001", "All"]["value"]
        for t in toxics
    ]
    assert values == [100, 33, 33, 0]


def test_ranks_are_those_of_the_whole_nation(index):
    rows = index(alone(A) | {"02020000100": (0, 50, 10)}, EXAMPLE | {"02020000100": (1, 0.001, 0.01)})
    assert rows["01001", "All"]["value"] == 75  # the second cleanest of five


def test_tracts_of_another_list_do_not_count_and_renumbered_ones_do(index):
    old = "01001940100"
    toxics = {(old if each == A else each): figures for each, figures in EXAMPLE.items()}
    renumbered = index(alone(A), toxics, listed=EXAMPLE, renumbering=[(old, A)])
    assert renumbered["01001", "All"]["value"] == 100
    assert index(alone(A), toxics, listed=EXAMPLE)["01001", "All"]["note"] == "no tract of the area has an index"


def test_two_tracts_that_became_one_count_twice_unless_corrected(index):
    toxics = EXAMPLE | {"01001930401": (20, 0.02, 0.2)}
    people = {A: (100, 50, 10), B: (100, 50, 10), C: (0, 50, 10), D: (0, 50, 10)}
    twice = index(people, toxics, listed=EXAMPLE, renumbering=[("01001930401", A)])["01001", "All"]
    assert twice["denominator"] == 300
    once = index(people, toxics, listed=EXAMPLE, renumbering=[("01001930401", A)], rule_duplicated_tract=False)
    assert (once["01001", "All"]["denominator"], once["01001", "All"]["value"]) == (200, 84)  # 83.5


def test_a_tract_with_an_index_and_without_residents_leaves_the_county_without_value(index):
    row = index({A: (1000, 50, 10)})["01001", "All"]
    assert (row["value"], row["quality"]) == (None, None)
    assert row["note"] == "tracts have no residents under these codes in this year"


@pytest.mark.parametrize(
    ("old", "new", "year", "published", "corrected"),
    [
        ("46113", "46102", 2014, "46113", "46102"),  # the tract's county of 2019 came in 2015
        ("46113", "46102", 2015, "46113", "46113"),  # its table has the new code already
        ("13201", "13203", 2018, "13201", "13203"),
        ("02261", "02063", 2018, "02261", "02261"),  # came after 2019
    ],
)
def test_former_counties_are_found_by_the_corrected_edition(index, old, new, year, published, corrected):
    for changed, found_as in ((True, published), (False, corrected)):
        tract = f"{found_as}940500"
        people = alone(A) | {f"{old}940500": (500, 50, 10)}
        run = {"areas": [old, new], "year": year, "rule_former_counties": changed}
        rows = index(people, EXAMPLE | {tract: (1, 0.001, 0.01)}, **run)
        assert (rows[found_as, "All"]["value"], rows[found_as, "Not High-Poverty"]["value"]) == (100, 100)
        other = {old: new, new: old}[found_as]
        lost = index(people, EXAMPLE | {f"{other}940500": (1, 0.001, 0.01)}, **run)[other, "All"]
        assert (lost["value"], lost["quality"]) == (None, None)
        assert lost["note"] == "tracts have no residents under these codes in this year"


@pytest.mark.parametrize(("without", "quality"), [(49, 1), (50, 2)])
def test_quality_is_2_from_five_percent_of_residents_without_index(index, without, quality):
    extra = "01001000500"
    people = alone(A) | {A: (1000 - without, 50, 10), extra: (without, 50, 10)}
    assert index(people, listed=[*EXAMPLE, extra])["01001", "All"]["quality"] == quality


def test_a_group_without_index_has_a_flag_and_no_value_unless_corrected(index):
    extra = "01001000500"
    people = alone(A) | {extra: (500, 50, 60)}
    row = index(people, listed=[*EXAMPLE, extra])["01001", "High-Poverty"]
    assert (row["value"], row["quality"], row["note"]) == (None, 2, "no tract of the area has an index")
    assert (
        index(people, listed=[*EXAMPLE, extra], rule_flag_without_value=False)["01001", "High-Poverty"]["quality"]
        is None
    )


def test_a_group_of_one_resident_without_index_is_marginal_and_an_empty_county_has_no_flag(index):
    for extra, residents, group, quality in (
        ("01001000500", 1, "High-Poverty", 2),
        ("01003000100", 0, "All", None),
    ):
        rows = index(alone(A) | {extra: (residents, 50, 100)}, listed=[*EXAMPLE, extra], areas=[extra[:5]])
        row = rows[extra[:5], group]
        assert (row["value"], row["quality"], row["sample_size"]) == (None, quality, None)
        assert row["note"] == "no tract of the area has an index"


def test_a_place_takes_its_part_of_each_tract(index):
    people = {A: (1000, 50, 10), B: (1000, 50, 10), C: (1000, 50, 10), D: (1000, 50, 10)}
    rows = index(people, places=[(A, "0100100", 0.5), (D, "0100100", 1)], geography="place", areas=["0100100"])
    assert rows["0100100", "All"]["value"] == 55  # (100 x 500 + 33 x 1,000) / 1,500


def test_what_is_not_landed_says_so(index):
    rows = index(alone(A), areas=("01001", "02020", "01003"), poverty=False)
    assert rows["02020", "All"]["note"] == "no input for state"
    assert rows["01001", "High-Poverty"]["note"] == "no input: table B17001"
    assert rows["01003", "All"]["note"] == "no tract of this kind lies in this area"
    assert rows["01001", "All"]["value"] == 100


def test_an_earlier_index_is_taken_as_it_is_where_it_has_every_tract(index):
    derived = [(A, None, None, None, 80), (B, None, None, None, 90), ("02020000100", None, None, None, 7)]
    people = {A: (1000, 50, 10), B: (1000, 50, 10), "02020000100": (10, 50, 10), "02020000200": (1, 50, 10)}
    rows = index(people, listed=people, derived=derived, areas=["01001", "02020"])
    assert rows["01001", "All"]["value"] == 85
    assert rows["01001", "All"]["note"] == "from an index of an earlier calculation: may differ by 1"
    assert (rows["02020", "All"]["value"], rows["02020", "All"]["quality"]) == (None, None)
    assert rows["02020", "All"]["note"] == "the earlier calculation lacks tracts of this area"


@pytest.mark.parametrize("number", [1, 2])
def test_an_earlier_index_of_one_tract_is_one_and_a_tract_without_people_is_not_lacking(index, number):
    tracts = (A, B)[:number]
    people = dict.fromkeys(tracts, (1000, 50, 10)) | {C: (0, 50, 10)}
    row = index(people, listed=people, derived=[(each, None, None, None, 80) for each in tracts])["01001", "All"]
    assert (row["value"], row["note"]) == (80, "from an index of an earlier calculation: may differ by 1")
