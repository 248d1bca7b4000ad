"""Area Health Resources Files and County Health Rankings: the real column names, and what is refused."""

import io

import openpyxl
import pytest

from pipeline.errors import InputError
from pipeline.sample.sas_bytes import data_set

NUMBERS = [f"f14675{year}" for year in range(14, 21)]
RESIDENTS = [f"f11984{year}" for year in range(14, 20)] + ["f0453020"]


def test_release_of_2021_2022(raw):
    rows = [["01", "001", *range(20, 27), *range(55000, 55007)], ["46", "102", *[None] * 14], ["01", "003", *[0] * 14]]
    raw.put(
        "ahrf/AHRF_2021-2022_SAS.zip", data_set(["f00011", "f00012", *NUMBERS, *RESIDENTS], rows), "x/ahrf2022.sas7bdat"
    )
    found = raw.staged("primary_care_physicians", "2021-2022")
    assert len(found) == 21
    assert found[0] == {"year": 2014, "geoid": "01001", "physicians": 20, "population": 55000}
    assert found[-1] == {"year": 2020, "geoid": "46102", "physicians": None, "population": None}
    assert {(row["year"], row["physicians"]) for row in found if row["geoid"] == "01003"} == {
        (year, 0) for year in range(2014, 2021)
    }


@pytest.mark.parametrize(
    ("vintage", "path", "digits"),
    [("2022-2023", "ahrf/AHRF_SAS_2022-2023.zip", "21"), ("2023-2024", "ahrf/AHRF 2023-2024 SAS.zip", "22")],
)
def test_later_releases(raw, vintage, path, digits):
    header = ["fips_st", "fips_cnty", "other", f"phys_nf_prim_care_pc_exc_rsdt_{digits}", f"popn_est_{digits}"]
    raw.put(path, data_set(header, [["09", "001", 1.5, 26, 59210]]), "AHRF/ahrf.sas7bdat")
    assert raw.staged("primary_care_physicians", vintage) == [
        {"year": 2000 + int(digits), "geoid": "09001", "physicians": 26, "population": 59210}
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # The release of another year
        (
            data_set(
                ["fips_st", "fips_cnty", "phys_nf_prim_care_pc_exc_rsdt_22", "popn_est_22"], [["01", "001", 1, 2]]
            ),
            "rsdt_21",
        ),
        # A rate where a number is expected
        (
            data_set(
                ["fips_st", "fips_cnty", "phys_nf_prim_care_pc_exc_rsdt_21", "popn_est_21"], [["01", "001", 44.7, 2]]
            ),
            "whole number.*44.7",
        ),
        (
            data_set(["fips_st", "fips_cnty", "phys_nf_prim_care_pc_exc_rsdt_21", "popn_est_21"], [["1", "001", 4, 2]]),
            "2 digits",
        ),
        (data_set(["fips_st"], [["01"]])[:70000], "SAS data set cannot be read"),
        (b"fips_st,fips_cnty\n01,001\n", "SAS data set cannot be read"),
    ],
)
def test_bad_releases_are_refused(raw, content, words):
    raw.put("ahrf/AHRF_SAS_2022-2023.zip", content, "ahrf2023.sas7bdat")
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("primary_care_physicians", "2022-2023")


GROUPS = [None, None, None, "Premature death", None, "Primary care physicians", None, None, "Injury deaths", None, None]
NAMES = [
    "FIPS",
    "State",
    "County",
    "Deaths",
    "95% CI - Low",
    "# Primary Care Physicians",
    "Primary Care Physicians Rate",
]
NAMES += ["Primary Care Physicians Ratio", "# Injury Deaths", "Injury Death Rate", "95% CI - Low"]
STATE = ["01000", "Alabama", None, 90000, 1, 3228, 65.83, "1,519:1", 108182, 86.9, 85.7]
COUNTY = ["01001", "Alabama", "Autauga", 836, 2, 25, 44.7475, "2235:1", 191, 68.573069812, 58.8]
NONE = ["01003", "Alabama", "Baldwin", 1, 2, None, None, None, None, None, None]


def workbook(*rows, sheet="Ranked Measure Data", merge=None):
    book = openpyxl.Workbook()
    book.active.title = "Introduction"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    if merge:
        page.merge_cells(merge)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("merge", [None, "I1:K1"])
def test_rankings(raw, merge):
    """Titles of groups may be merged cells; a name that several groups have goes by its group."""
    raw.put("county-health-rankings/2022/Any Name.xlsx", workbook(GROUPS, NAMES, STATE, COUNTY, [], NONE, merge=merge))
    empty = {"physicians": None, "physicians_per_100k": None, "injury_deaths": None, "injury_death_rate": None}
    assert raw.staged("county_health_rankings", "2022") == [
        {
            "geoid": "01001",
            "physicians": 25,
            "physicians_per_100k": 44.7475,
            "injury_deaths": 191,
            "injury_death_rate": 68.573069812,
        },
        {"geoid": "01003", **empty},
    ]


def changed(row, number, value):
    return [value if at == number else cell for at, cell in enumerate(row)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            workbook(GROUPS, NAMES, COUNTY, sheet="Additional Measure Data"),
            "lacks a sheet.*Ranked Measure Data.*Additional",
        ),
        # The two header rows merged into one
        (workbook(NAMES, COUNTY, NONE), "lacks a column"),
        (workbook(changed(GROUPS, 8, "Homicides"), NAMES, COUNTY), "Injury deaths: # Injury Deaths"),
        (workbook(GROUPS, NAMES, changed(COUNTY, 8, "Suppressed")), "'Suppressed'"),
        (workbook(GROUPS, NAMES, changed(COUNTY, 5, "44.7")), "whole number.*'44.7'"),
        (workbook(GROUPS, NAMES, changed(COUNTY, 0, 1001)), "FIPS.*'1001'"),
        (workbook(GROUPS, NAMES, COUNTY, COUNTY), "Duplicate keys"),
        (workbook(GROUPS, NAMES), "no rows"),
        (workbook(GROUPS, NAMES, COUNTY)[:-400], "workbook cannot be read"),
    ],
)
def test_bad_rankings_are_refused(raw, content, words):
    raw.put("county-health-rankings/2022/Alabama.xlsx", content)
    with pytest.raises(InputError, match=f"(?s){words}"):
        raw.staged("county_health_rankings", "2022")
