"""NIBRS segments, batch header, LEAIC and Census tables: the real headers, and what is refused."""

import gzip

import pytest
from raw_files import staged, table

from pipeline.errors import InputError

OFFENSES = "nibrs/dataverse/nibrs_offense_segment_2022.csv"
HEADER = ["ori", "year", "state", "state_abbreviation", "city_name", "agency_indicator", "core_city", "number_of_months_reported"]
HEADER += [f"fips_county_code_{number}" for number in range(1, 6)]


def rows_of(raw, name, vintage="2022-dataverse"):
    return [tuple(row.values()) for row in staged(raw, name, vintage)]


def test_offenses_by_agency_and_code(tmp_path):
    lines = [["AL0010000", "2022", "AL-1", code] for code in ("robbery", "robbery", "animal cruelty")]
    table(tmp_path / "raw" / OFFENSES, ["ori", "year", "incident_number", "ucr_offense_code"], *lines)
    assert rows_of(tmp_path / "raw", "nibrs_offense_agency") == [
        ("AL0010000", "animal cruelty", "society", 1),
        ("AL0010000", "robbery", "property", 2),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["AL0010000", "2022", "robery"], "column ucr_offense_code.*offense_codes.csv.*'robery'"),
        (["AL0010000", "2021", "robbery"], "column year, line 2.*2022.*'2021'"),
    ],
)
def test_an_unknown_offense_and_another_year_are_refused(tmp_path, line, words):
    table(tmp_path / "raw" / OFFENSES, ["ori", "year", "ucr_offense_code"], line)
    with pytest.raises(InputError, match=words):
        rows_of(tmp_path / "raw", "nibrs_offense_agency")


ARRESTS = ["ori", "year", "age_of_arrestee", "sex_of_arrestee", "race_of_arrestee", "ethnicity_of_arrestee"]
JUVENILE = ["AL0010000", "2022", "15", "male", "white", "not hispanic or latino"]


def arrests(tmp_path, *lines, group_b=(["AL0010000", "2022", "40", "female", "black", "unknown"],)):
    folder = tmp_path / "raw/nibrs/dataverse"
    table(folder / "nibrs_arrestee_segment_2022.csv", ARRESTS, *lines)
    table(folder / "nibrs_group_b_arrest_report_segment_2022.csv", ARRESTS, *group_b)
    return rows_of(tmp_path / "raw", "nibrs_arrest_agency")


def test_arrests_of_both_groups_and_of_10_to_17_year_olds(tmp_path):
    lines = [
        JUVENILE,
        ["AL0010000", "2022", "10", "female", "asian", "hispanic or latino"],
        ["AL0010000", "2022", "14", "female", "american indian/alaskan native", ""],
        ["AL0010000", "2022", "17", "male", "unknown", "unknown"],
        ["AL0010000", "2022", "09", "male", "white", ""],
        ["AL0010000", "2022", "18", "male", "white", ""],
        ["AL0010000", "2022", "unknown", "male", "white", ""],
        ["AL0010000", "2022", "over 98 years old", "male", "white", ""],
    ]
    assert arrests(tmp_path, *lines) == [("AL0010000", 9, 4, 1, 0, 2, 1, 1, 2, 2, 2, 2)]


@pytest.mark.parametrize(
    ("position", "value", "words"),
    [
        (2, "juvenile", "age_of_arrestee, line 2.*a whole number.*'juvenile'"),
        (4, "White", "race_of_arrestee, line 2.*'White'"),
        (5, "hispanic", "ethnicity_of_arrestee, line 2.*'hispanic'"),
    ],
)
def test_new_spellings_are_refused(tmp_path, position, value, words):
    with pytest.raises(InputError, match=words):
        arrests(tmp_path, [*JUVENILE[:position], value, *JUVENILE[position + 1 :]])


def agencies(tmp_path, *lines):
    table(tmp_path / "raw/nibrs/dataverse/nibrs_batch_header_1991_2023.csv", HEADER, *lines)
    return rows_of(tmp_path / "raw", "nibrs_agency")


def test_agencies_of_the_year_with_codes_of_state_and_counties(tmp_path):
    nebraska = ["NB0010000", "2022", "Nebraska", "NB", "Omaha", "city", "Y", "12", "55", "", "153", "", ""]
    others = [
        ["NB0010000", "2021", "Nebraska", "NB", "Omaha", "city", "Y", "12", "55", "", "", "", ""],
        ["PR0010000", "2022", "Puerto Rico", "PR", "San Juan", "city", "Y", "12", "127", "", "", "", ""],
        ["WY0010000", "2022", "Wyoming V2", "WY", "", "5", "", "0", "", "", "", "", ""],
    ]
    assert agencies(tmp_path, nebraska, *others) == [
        ("NB0010000", "city", "31", "Omaha", True, "055", ["055", "153"], 12),
        ("WY0010000", "5", "56", None, None, None, [], 0),
    ]


@pytest.mark.parametrize(
    ("position", "value", "words"),
    [
        (5, "state troopers", "agency_indicator, line 2.*'state troopers'"),
        (7, "13", "number_of_months_reported, line 2.*0 to 12.*'13'"),
        (6, "yes", "core_city, line 2.*'yes'"),
    ],
)
def test_new_kinds_of_agencies_and_months_are_refused(tmp_path, position, value, words):
    line = ["NB0010000", "2022", "Nebraska", "NB", "Omaha", "city", "Y", "12", "55", "", "", "", ""]
    with pytest.raises(InputError, match=words):
        agencies(tmp_path, [*line[:position], value, *line[position + 1 :]])


def test_leaic_is_delimited_by_tabs(tmp_path):
    lines = [["AL0010000", "1", "99073"], ["-1", "1", "7000"], ["AL0010100", "73", "7000"]]
    table(tmp_path / "raw/leaic/35158-0001-Data.tsv", ["ORI9", "FIPS_COUNTY", "FPLACE"], *lines, delimiter="\t")
    assert rows_of(tmp_path / "raw", "leaic_agency", "2012") == [("AL0010000", "001", "99073"), ("AL0010100", "073", "07000")]


def test_residents_of_counties_and_places_from_the_summary_file(tmp_path):
    lines = [["0100000US", "9", "1"], ["0500000US01001", "58761", "1"], ["1600000US0100124", "2358", "1"]]
    lines += [["0500000US72001", "17000", "1"], ["1400000US01001020100", "1700", "1"], ["1600000US7200100", "5", "1"]]
    path = tmp_path / "raw/census_acs/2021_acs5/acsdt5y2021-b01003.dat"
    table(path, ["GEO_ID", "B01003_E001", "B01003_M001"], *lines, delimiter="|")
    assert rows_of(tmp_path / "raw", "acs_population", "2021") == [("01001", 58761), ("0100124", 2358)]


def test_residents_from_table_downloads(tmp_path):
    for name, geo_id in (("Counties", "0500000US01001"), ("Places", "1600000US0100124")):
        path = tmp_path / f"raw/census_geography/{name}-ACSDT5Y2022.B01003-Data.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = '"GEO_ID","NAME","B01003_001E","B01003_001M",\n"Geography","Geographic Area Name","Estimate!!Total","Margin",\n'
        path.write_bytes(gzip.compress(f'{text}"{geo_id}","A name, a state","58761","*****",\n'.encode()))
    assert rows_of(tmp_path / "raw", "acs_population", "2022") == [("01001", 58761), ("0100124", 58761)]
