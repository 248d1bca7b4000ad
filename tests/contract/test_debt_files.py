"""Debt in America and the dashboard's city files: the real headers, and what is refused."""

import pytest
from raw_files import staged, table, workbook

from pipeline.errors import InputError

OVERALL = [
    *("County FIPS", "County Name", "State Name", "Share with any debt in collections, All"),
    *("Share with any debt in collections, Comm of color", "Share with any debt in collections, White comm"),
    *("Median debt in collections, All", "Median debt in collections, Comm of color"),
    *("Median debt in collections, White comm", "Share with medical debt in collections, All"),
    *("Share with medical debt in collections, Comm of color", "Share with medical debt in collections, White comm"),
]
MEDICAL = [
    *("County FIPS", "County Name", "State Name", "Share with medical debt in collections, All"),
    *("Share with medical debt in collections, Comm of color", "Share with medical debt in collections, White comm"),
    *("Median medical debt in collections, All", "Share without health insurance coverage, All"),
]
OVERALL_ROW = ["01003", "Baldwin County, Alabama", "Alabama", ".1992218", "NA", ".1995548", "2072", "NA", "2116.5"]
OVERALL_ROW += [".0383917", "NA", ".0382349"]
MEDICAL_ROW = ["01003", "Baldwin County, Alabama", "Alabama", ".0383917", "NA", ".0382349", "1188.5", ".0896094"]
NAME_2023 = "debt-in-america/dia_lbls_all_{}_county_2023_1Jul2024.xlsx"


def shares(rows):
    return {(row["measure"], row["geoid"], row["neighborhoods"]): row["share"] for row in rows}


@pytest.fixture
def raw(tmp_path):
    workbook(tmp_path / "raw" / NAME_2023.format("overall"), OVERALL, OVERALL_ROW)
    workbook(tmp_path / "raw" / NAME_2023.format("medical"), MEDICAL, MEDICAL_ROW)
    return tmp_path / "raw"


def test_the_workbooks_of_2023(raw):
    assert shares(staged(raw, "debt_county", "2023")) == {
        ("share_debt_coll", "01003", "all"): 0.1992218,
        ("share_debt_coll", "01003", "of color"): None,
        ("share_debt_coll", "01003", "white"): 0.1995548,
        ("share_medical_debt_coll", "01003", "all"): 0.0383917,
        ("share_medical_debt_coll", "01003", "of color"): None,
        ("share_medical_debt_coll", "01003", "white"): 0.0382349,
    }


def replaced(row, position, value):
    return [*row[:position], value, *row[position + 1 :]]


@pytest.mark.parametrize(
    ("kind", "header", "row", "words"),
    [
        # the workbook of overall debt under the name of the medical one, and the other way round
        ("medical", OVERALL, OVERALL_ROW, ["medical", "Share without health insurance coverage, All"]),
        ("overall", MEDICAL, MEDICAL_ROW, ["overall", "Share with any debt in collections, All"]),
        # percent where a share is expected
        ("overall", OVERALL, replaced(OVERALL_ROW, 3, "19.92218"), ["line 2", "0 to 1", "19.92218"]),
        # new spellings of what is missing
        ("overall", OVERALL, replaced(OVERALL_ROW, 4, "Suppressed"), ["Comm of color", "a number", "'Suppressed'"]),
        ("overall", OVERALL, replaced(OVERALL_ROW, 4, "N/A"), ["Comm of color", "a number", "'N/A'"]),
        ("overall", OVERALL, replaced(OVERALL_ROW, 0, "1003"), ["County FIPS", "5 digits", "'1003'"]),
    ],
)
def test_another_workbook_percent_and_new_spellings_are_refused(raw, kind, header, row, words):
    workbook(raw / NAME_2023.format(kind), header, row)
    with pytest.raises(InputError) as error:
        staged(raw, "debt_county", "2023")
    assert [word for word in words if word not in str(error.value)] == []


def test_the_workbook_of_2022(tmp_path):
    header = ["OID_", "GEOID", "NAME", "Share with Any Debt in Collections, All"]
    header += ["Share with Any Debt in Collections, Communities of Color"]
    header += ["Share with Any Debt in Collections, Majority White Communities"]
    rows = [["1", "01001", "Autauga", "0.2997214", "n/a*", "0.2913247"], ["2", "15005", "Kalawao", "n/a*", "n/a**", "n/a*"]]
    workbook(tmp_path / "raw/debt-in-america/county_dia_delinquency_ 7 Jun 2022.xlsx", header, *rows)
    found = shares(staged(tmp_path / "raw", "debt_county", "2022"))
    assert found["share_debt_coll", "01001", "all"] == 0.2997214
    assert found["share_debt_coll", "01001", "of color"] is None
    assert [found["share_debt_coll", "15005", each] for each in ("all", "of color", "white")] == [None] * 3


LONG = ["year", "state", "county", "share_debt_coll", "county_name", "share_debt_coll_ub", "share_debt_coll_lb"]
LONG += ["share_debt_coll_quality", "subgroup", "subgroup_type"]


def test_the_published_file_of_2018_tells_what_is_suppressed_from_what_is_not_in_the_source(tmp_path):
    path = tmp_path / "raw/debt-in-america/share_debt_2018_long.csv"
    rows = [
        ["2018", "01", "001", ".3600439", "Autauga County", ".391232", ".3288559", "1", "All", "race-ethnicity"],
        ["2018", "01", "001", "", "Autauga County", "", "", "3", "Majority Non-White", "race-ethnicity"],
        ["2018", "02", "105", "", "Hoonah", "", "", "", "All", "race-ethnicity"],
    ]
    table(path, LONG, *rows)
    found = [tuple(row.values())[1:] for row in staged(tmp_path / "raw", "debt_county", "2018")]
    assert found == [("01001", "all", 0.3600439, 0.3288559, 0.391232), ("01001", "of color", None, None, None)]
    table(path, LONG, ["2019", *rows[0][1:]])
    with pytest.raises(InputError, match="'2019'"):
        staged(tmp_path / "raw", "debt_county", "2018")


CITIES = ["city name", "year", "state", *(f"other {n}" for n in range(30)), "overall", "residents of color", "white"]
PLACES = ["State Name", "Place FIPS Code", "Census Place Name", "IPUMS CITY Label"]
NOT_IN_SAMPLE = "[Not identified in any sample]"


@pytest.fixture
def cities(tmp_path):
    raw = tmp_path / "raw"
    workbook(
        raw / "ipums_places/large_place_PUMA2010_match_summary.xlsx",
        PLACES,
        ["Ohio", 1000, "Akron city", "Akron, OH"],
        ["Arizona", 27400, "Gilbert town", NOT_IN_SAMPLE],
        ["Arizona", 27401, "Elsewhere town", NOT_IN_SAMPLE],
    )

    def run(*rows, header=CITIES):
        complete = [[city, "2021", state, *["NA"] * 30, *values] for city, state, *values in rows]
        path = raw / "debt-in-america/3_city_financial_health_metrics_b.xlsx"
        # a band of titles above the header, a note without year below the rows
        workbook(path, ["Table", *[None] * 32, "Delinquent debt"], header, *complete, ["A note"])
        return shares(staged(raw, "debt_place", "2021"))

    return run


def test_the_workbook_of_cities(cities):
    found = cities(("Akron, OH", "OH", ".46317", "NA", "0.3"), ("Gilbert, AZ", "AZ", "0.1", "0.2", "0.05"))
    assert {(geoid, kind): share for (_, geoid, kind), share in found.items()} == {
        ("3901000", "all"): 0.46317,
        ("3901000", "of color"): None,
        ("3901000", "white"): 0.3,
        ("0427400", "all"): 0.1,  # its label comes from the publisher
        ("0427400", "of color"): 0.2,
        ("0427400", "white"): 0.05,
    }


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("Toledo, OH", "OH", ".4", "NA", "0.3"), ["column A", "IPUMS list", "'Toledo, OH'"]),
        (("Akron, OH", "XX", ".4", "NA", "0.3"), ["column C", "postal code", "'XX'"]),
        (("Akron, OH", "OH", "46.317", "NA", "0.3"), ["column AH", "line 3", "0 to 1"]),
    ],
)
def test_a_city_without_code_and_percent_are_refused(cities, row, words):
    with pytest.raises(InputError) as error:
        cities(row)
    assert [word for word in words if word not in str(error.value)] == []


def test_a_workbook_without_its_header_row_is_refused(cities):
    with pytest.raises(InputError, match=r"header row.*'city name' in column A"):
        cities(("Akron, OH", "OH", ".4", "NA", "0.3"), header=["City", *CITIES[1:]])


def test_the_dashboards_table_leaves_out_other_years_groups_and_cities_without_code(cities, tmp_path):
    cities(("Akron, OH", "OH", ".46317", "NA", "0.3"))
    rows = [
        ["2023", "Akron, OH", "OH", "Overall", "0.4"],
        ["2023", "Akron, OH", "OH", "White", "NA"],
        ["2023", "Akron, OH", "OH", "Young", "0.9"],
        ["2022", "Akron, OH", "OH", "Overall", "0.9"],
        ["2023", "Toledo, OH", "OH", "Overall", "0.9"],
        ["2023", "Akron, OH", "", "Overall", "0.9"],
    ]
    path = tmp_path / "raw/debt-in-america/city_2019_23.csv"
    table(path, ["year", "city_name", "state", "subgroup", "delinquent_debt"], *rows)
    found = shares(staged(tmp_path / "raw", "debt_place", "2023", method="2026"))
    assert found == {("share_debt_coll", "3901000", "all"): 0.4, ("share_debt_coll", "3901000", "white"): None}
