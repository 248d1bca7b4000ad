"""Debt in collections by hand: which rows there are, and what a missing share is flagged with (card, sections 3 and 8)."""

import pytest

SHARES = "measure VARCHAR, geoid VARCHAR, neighborhoods VARCHAR, share DOUBLE, lower DOUBLE, upper DOUBLE"
BOTH = ["share_debt_coll", "share_medical_debt_coll"]
SUPPRESSED = "suppressed by the source: fewer than 50 records, or no such neighborhood"


@pytest.fixture
def metric(run_sql):
    def run(*shares, year=2022, geography="county", weak=None, published=BOTH, bounds=True, **variables):
        rows = run_sql(
            "metrics/debt-in-collections.sql",
            variables={
                "year": year,
                "geography": geography,
                "published": published,
                "bounds": bounds,
                "weak_without_value": {"county": "none", "place": "every"} | ({geography: weak} if weak else {}),
                **variables,
            },
            tables={
                "shares": (SHARES, [("share_debt_coll", *row) if len(row) == 5 else row for row in shares]),
                "universe": ("year SMALLINT, geoid VARCHAR", [(2022, "01001"), (2022, "01003"), (2021, "09001")]),
            },
        )
        names = ("subgroup_type", "value", "lower", "upper", "quality", "note")
        found = {(row["measure"], row["geoid"], row["subgroup"]): tuple(row[name] for name in names) for row in rows}
        assert len(found) == len(rows)
        return found

    return run


def of(geoid, share=0.3, white=0.2, color=None):
    shares = (("all", share), ("white", white), ("of color", color))
    return [(geoid, kind, value, None, None) for kind, value in shares]


def test_labels_and_a_share_as_the_source_gives_it(metric):
    rows = metric(*of("01001", 0.2997214, 0.2913247, 0.5))
    assert rows["share_debt_coll", "01001", "All"] == ("all", 0.2997214, None, None, 1, None)
    assert rows["share_debt_coll", "01001", "White neighborhoods"] == ("race-ethnicity", 0.2913247, None, None, 1, None)
    assert rows["share_debt_coll", "01001", "Neighborhoods of color"][:2] == ("race-ethnicity", 0.5)


@pytest.mark.parametrize(
    ("weak", "of_all", "of_neighborhoods"), [("none", None, None), ("subgroups", None, 3), ("every", 3, 3)]
)
def test_what_a_missing_share_of_the_source_is_flagged_with(metric, weak, of_all, of_neighborhoods):
    rows = metric(*of("01001", None, None), weak=weak)
    assert rows["share_debt_coll", "01001", "All"] == ("all", None, None, None, of_all, SUPPRESSED)
    assert rows["share_debt_coll", "01001", "White neighborhoods"][4] == of_neighborhoods
    assert rows["share_debt_coll", "01001", "Neighborhoods of color"][4] == of_neighborhoods
    # an area that the source does not have is never flagged
    assert rows["share_debt_coll", "01003", "White neighborhoods"][4:] == (None, "not in the source")
    corrected = metric(*of("01001", None, None), weak=weak, rule_flag_without_value=False)
    assert {row[4] for row in corrected.values()} == {None}


def test_places_are_flagged_by_default(metric):
    assert (
        metric(*of("0602000", 0.2, None, 0.2), geography="place")["share_debt_coll", "0602000", "White neighborhoods"][
            4
        ]
        == 3
    )


def test_areas_of_the_source_that_the_list_lacks_have_rows(metric):
    rows = metric(*of("09001"))
    assert {geoid for _, geoid, _ in rows} == {"01001", "01003", "09001"}
    assert len(rows) == 9  # three areas, three kinds; medical debt is not in this year's source


def test_the_county_list_of_another_year_where_the_line_says_so(metric):
    assert {geoid for _, geoid, _ in metric(*of("01001"), year=2025, universe_year=2021)} == {"01001", "09001"}


def test_bounds_of_2018_and_the_measures_of_the_edition(metric):
    rows = [("01001", "all", 0.36, 0.33, 0.39), ("share_medical_debt_coll", "01001", "all", 0.1, None, None)]
    assert metric(*rows)["share_debt_coll", "01001", "All"][1:4] == (0.36, 0.33, 0.39)
    edition_2026 = metric(*rows, bounds=False, published=["share_debt_coll"])
    assert edition_2026["share_debt_coll", "01001", "All"][1:4] == (0.36, None, None)
    assert {measure for measure, _, _ in edition_2026} == {"share_debt_coll"}
