"""Debt in collections by hand: which rows there are, and what a missing share is flagged with (card, sections 3 and 8)."""

import pytest
from examples import refusal

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


# -- files of the source ---------------------------------------------------------------------------------

LABELS = ("any debt in collections", "medical debt in collections")
KINDS = {"all": "All", "of color": "Comm of color", "white": "White comm"}


def workbook(label, *figures):
    """Columns and the row of one county."""
    names = ["County FIPS", *(f"Share with {label}, {kind}" for kind in KINDS.values())]
    return ", ".join(f'"{name}" VARCHAR' for name in names), [("01001", *figures)]


def staged(rows):
    return {(row["measure"], row["geoid"], row["neighborhoods"]): row["share"] for row in rows}


@pytest.mark.parametrize("file", ["staged/debt_county.sql", "staged/debt_county_with_medical.sql"])
def test_the_three_shares_of_a_county_and_those_of_medical_debt(run_sql, file):
    tables = {"overall": workbook(LABELS[0], "0.1", "0.2", None), "medical": workbook(LABELS[1], "0.4", "0.5", "0.6")}
    measures = {"share_debt_coll": (0.1, 0.2, None), "share_medical_debt_coll": (0.4, 0.5, 0.6)}
    if file == "staged/debt_county.sql":
        del tables["medical"], measures["share_medical_debt_coll"]
    assert staged(run_sql(file, tables=tables)) == {
        (measure, "01001", kind): share
        for measure, shares in measures.items()
        for kind, share in zip(KINDS, shares, strict=True)
    }


@pytest.mark.parametrize("file", ["staged/debt_county_2018.sql", "staged/debt_county_published.sql"])
def test_the_publishers_own_file_of_a_year(run_sql, file):
    names = ("state", "county", "subgroup", "share_debt_coll", "share_debt_coll_lb", "share_debt_coll_ub")
    labels = ("All", "Majority Non-White", "Majority White")
    rows = [("01", "001", label, f"0.{n}", "0.05", "0.9", "1") for n, label in enumerate(labels, start=1)]
    columns = ", ".join(f'"{name}" VARCHAR' for name in (*names, "share_debt_coll_quality"))
    found = staged(run_sql(file, tables={"raw": (columns, rows)}))
    assert found == {
        ("share_debt_coll", "01001", kind): n / 10 for n, kind in enumerate(("all", "of color", "white"), start=1)
    }


PLACES = '"Place FIPS Code" VARCHAR, "State Name" VARCHAR, "Census Place Name" VARCHAR, "IPUMS CITY Label" VARCHAR'
LISTED = [
    ("51000", "New Jersey", "Newark city", "Newark, NJ"),
    ("03000", "Alabama", "Auburn city", "[Not identified in any sample]"),
    ("05000", "Alabama", "Nowhere city", "[Not identified in any sample]"),
]
NAMED = ("state_name VARCHAR, census_place_name VARCHAR, label VARCHAR", [("Alabama", "Auburn city", "Auburn, AL")])
STATES = ("STATE VARCHAR, STUSAB VARCHAR", [("34", "NJ"), ("01", "AL")])


def test_cities_of_the_dashboard_have_the_code_of_their_label(run_sql):
    def rows(*raw):
        columns = "city_name VARCHAR, state VARCHAR, delinquent_debt VARCHAR, subgroup VARCHAR, year VARCHAR"
        tables = {"raw": (columns, list(raw)), "places": (PLACES, LISTED), "labels": NAMED, "states": STATES}
        return staged(run_sql("staged/debt_place.sql", variables={"vintage": "2022"}, tables=tables))

    kinds = {"Overall": "all", "Residents of color": "of color", "White": "white"}
    newark = [("Newark, NJ", "NJ", f"0.{n}", kind, "2022") for n, kind in enumerate((*kinds, "Black"), start=1)]
    others = [("Newark, NJ", "NJ", "0.9", "Overall", "2021"), ("Newark, NJ", None, "0.9", "Overall", "2022")]
    others += [("Elsewhere, NJ", "NJ", "0.9", "Overall", "2022")]
    others += [("[Not identified in any sample]", "AL", "0.9", "Overall", "2022")]
    found = rows(*newark, *others, ("Auburn, AL", "AL", "0.5", "Overall", "2022"))
    assert found == {("share_debt_coll", "3451000", kind): n / 10 for n, kind in enumerate(kinds.values(), start=1)} | {
        ("share_debt_coll", "0103000", "all"): 0.5
    }
    told = ["state", "XX", "a postal code of census_geography/state.txt"]
    assert refusal(rows, ("Newark, NJ", "XX", "0.9", "Overall", "2022")) == told


def test_every_city_of_the_workbook_of_2021_has_a_code(run_sql):
    def rows(*raw):
        columns = ", ".join(f"{name} VARCHAR" for name in ("A", "B", "C", "AH", "AI", "AJ"))
        tables = {"raw": (columns, list(raw)), "places": (PLACES, LISTED), "labels": NAMED, "states": STATES}
        return staged(run_sql("staged/debt_place_2021.sql", tables=tables))

    found = rows(("Newark, NJ", "x", "NJ", "0.1", "0.2", "0.3"), ("a note", None, None, None, None, None))
    assert found == {
        ("share_debt_coll", "3451000", kind): n / 10 for n, kind in enumerate(("all", "of color", "white"), start=1)
    }
    assert set(rows(("Auburn, AL", "x", "AL", "0.1", "0.2", "0.3"))) == {
        ("share_debt_coll", "0103000", kind) for kind in ("all", "of color", "white")
    }
    of_list = "a city of the IPUMS list of large places"
    for city, postal, refused in [
        ("Newark, NJ", "XX", "C|XX|a postal code of census_geography/state.txt"),
        ("Elsewhere, NJ", "NJ", f"A|Elsewhere, NJ|{of_list}"),
        ("[Not identified in any sample]", "AL", f"A|[Not identified in any sample]|{of_list}"),
    ]:
        assert refusal(rows, (city, "x", postal, "0.1", "0.2", "0.3")) == refused.split("|")
