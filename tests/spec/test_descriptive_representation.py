"""Shares of residents by hand: own estimates before sums of tracts, and what is not at hand (card, sections 3 and 8)."""

import pytest

RACE = "area VARCHAR, geoid VARCHAR, line SMALLINT, estimate BIGINT, margin BIGINT"
UNIVERSE = "year SMALLINT, geoid VARCHAR, state VARCHAR"


def lines(area, geoid, white, black, hispanic, asian, margin=0):
    figures = {1: white + black + hispanic + asian, 3: white, 4: black, 6: asian, 12: hispanic}
    return [(area, geoid, line, figures.get(line, 0), margin) for line in (1, 3, 4, 5, 6, 7, 8, 9, 12)]


@pytest.fixture
def shares(run_sql):
    def run(rows, areas, geography="county", **rules):
        found = run_sql(
            "metrics/descriptive-representation.sql",
            variables={"year": 2021, "geography": geography, **rules},
            tables={"race": (RACE, rows), "universe": (UNIVERSE, [(2021, geoid, geoid[:2]) for geoid in areas])},
        )
        return {(row["geoid"], row["measure"].removeprefix("share_desc_rep_")): row for row in found}

    return run


def test_a_countys_own_estimate_goes_before_the_sum_of_its_tracts(shares):
    tracts = [*lines("tract", "01001000100", 50, 20, 20, 10), *lines("tract", "01003000100", 30, 30, 20, 20)]
    rows = shares([*tracts, *lines("county", "01001", 60, 20, 10, 10)], ["01001", "01003"])
    assert {group: row["value"] for (geoid, group), row in rows.items() if geoid == "01001"} == {
        "white_nonhispanic": 0.6,
        "black_nonhispanic": 0.2,
        "hispanic": 0.1,
        "other": 0.1,
    }
    assert {row["note"] for (geoid, _), row in rows.items() if geoid == "01001"} == {None}
    assert rows["01003", "black_nonhispanic"]["value"] == 0.3
    assert rows["01003", "black_nonhispanic"]["note"] == "sum of tracts"


def test_the_smallest_counties_of_the_card(shares):
    # 48301 in 2023: 5 other and 49 White of 54; nothing is suppressed and the flag is 1
    rows = shares(lines("county", "48301", 49, 0, 0, 5), ["48301"])
    assert rows["48301", "other"]["value"] == 0.09259259259259259
    assert rows["48301", "hispanic"]["value"] == 0
    assert {row["quality"] for row in rows.values()} == {1}


def test_places_have_no_sums_of_tracts(shares):
    rows = [*lines("tract", "01001000100", 50, 20, 20, 10), *lines("place", "0200100", 50, 20, 20, 10)]
    found = shares(rows, ["0100100", "0200100", "0200200"], "place")
    assert found["0100100", "other"]["note"] == "no input for state"
    assert found["0200100", "other"]["value"] == 0.1
    assert found["0200200", "other"]["note"] == "the tables of the state do not have this area"


def test_places_of_the_tables_are_no_tracts_of_a_county(shares):
    rows = [*lines("tract", "01001000100", 50, 20, 20, 10), *lines("place", "0100100", 90, 0, 0, 10)]
    assert shares(rows, ["01001"])["01001", "white_nonhispanic"]["value"] == 0.5


def test_an_area_without_people_has_no_share_and_one_of_one_person_has(shares):
    for people in (1, 2):
        assert shares(lines("county", "01001", people, 0, 0, 0), ["01001"])["01001", "white_nonhispanic"]["value"] == 1
    row = shares(lines("county", "01001", 0, 0, 0, 0), ["01001"])["01001", "other"]
    assert (row["value"], row["quality"], row["note"]) == (None, None, "nobody lives in this area")


@pytest.mark.parametrize(("margin", "quality"), [(32, 1), (33, 2), (65, 2), (66, 3)])
def test_corrected_quality_is_the_variation_of_the_count(shares, margin, quality):
    rows = shares(lines("county", "01001", 100, 100, 100, 100, margin), ["01001"], rule_constant_quality=False)
    assert rows["01001", "hispanic"]["note"] is None
    assert rows["01001", "hispanic"]["quality"] == quality  # 33 / 1.645 / 100 = 0.2006


@pytest.mark.parametrize("constant", [True, False])
def test_without_margins_the_corrected_edition_has_no_quality_and_says_so(shares, constant):
    rows = [*lines("county", "01001", 50, 20, 20, 10, None), *lines("tract", "01003000100", 50, 20, 20, 10, None)]
    found = shares(rows, ["01001", "01003"], rule_constant_quality=constant)
    said = None if constant else "no quality: no margin of error in the input"
    assert {found["01001", group]["note"] for group in ("hispanic", "other")} == {said}
    assert found["01003", "other"]["note"] == "; ".join(filter(None, ["sum of tracts", said]))
    assert found["01001", "hispanic"]["quality"] == (1 if constant else None)


def others(area, geoid, *figures):
    """The five lines of other races as (estimate, margin); all residents are of them."""
    everyone = sum(estimate for estimate, _ in figures)
    rows = [(area, geoid, 1, everyone, 0), *((area, geoid, line, 0, 0) for line in (3, 4, 12))]
    return rows + [(area, geoid, line, *figure) for line, figure in zip((5, 6, 7, 8, 9), figures, strict=True)]


@pytest.mark.parametrize(("area", "geoid"), [("county", "01001"), ("tract", "01001000100")])
@pytest.mark.parametrize(
    ("figures", "quality"),
    [
        # Squared margins of lines with people, and the largest of those without: 576 + 400 of 100 people is 0.19
        ([(100, 24), (0, 20), (0, 20), (0, 0), (0, 0)], 1),
        ([(100, 24), (0, 25), (0, 20), (0, 0), (0, 0)], 2),  # 576 + 625: 0.21
        ([(60, 31), (37, 11), (1, 0), (1, 0), (1, 0)], 1),  # 1,082 is 0.19996; no line is empty
        ([(1000, 329), (0, 0), (0, 0), (0, 0), (0, 0)], 2),  # 0.2 of 1.645, the quantile of 90 percent
        ([(1, 0), (0, 0), (0, 0), (0, 0), (0, 0)], 1),
        ([(2, 0), (0, 0), (0, 0), (0, 0), (0, 0)], 1),
        ([(0, 12), (0, 0), (0, 0), (0, 0), (0, 0)], None),
    ],
)
def test_the_margin_of_several_lines_counts_the_largest_of_the_empty_ones_once(shares, area, geoid, figures, quality):
    rows = [*others(area, geoid, *figures), *lines(area, geoid.replace("01001", "01003"), 1, 1, 1, 1)]
    row = shares(rows, ["01001"], rule_constant_quality=False)["01001", "other"]
    assert (row["quality"], row["subgroup_type"], row["subgroup"]) == (quality, "all", "All")


@pytest.mark.parametrize(("margin", "quality"), [(10, 1), (None, None)])
def test_a_tract_without_a_margin_leaves_the_sum_without_quality(shares, margin, quality):
    rows = [*lines("tract", "01001000100", 50, 20, 20, 10, margin), *lines("tract", "01001000200", 50, 20, 200, 10, 10)]
    assert shares(rows, ["01001"], rule_constant_quality=False)["01001", "hispanic"]["quality"] == quality
