"""Staging of ACS records by hand: what a record of either provider becomes, and what is refused (docs/acs_variables.md)."""

from __future__ import annotations

import pytest
from examples import refusal, table

# -- IPUMS: persons ---------------------------------------------------------------------------------

PERSON_CODES = {
    "GQ": (1, 6), "AGE": (0, 135), "SEX": (1, 2), "RACE": (1, 9), "HISPAN": (0, 9), "EMPSTAT": (0, 3), "EDUCD": (2, 116),
    "GRADEATT": (0, 7), "DIFFREM": (0, 2), "DIFFPHYS": (0, 2), "DIFFMOB": (0, 2), "DIFFSENS": (0, 2), "DIFFCARE": (0, 2),
}  # fmt: skip
PERSON = (
    "SAMPLE INTEGER, MULTYEAR INTEGER, STATEFIP VARCHAR, PUMA VARCHAR, SERIAL BIGINT, PERNUM INTEGER, PERWT INTEGER, "
)
PERSON += "REPWTP1 INTEGER, " + ", ".join(f"{name} INTEGER" for name in PERSON_CODES)
A_PERSON = {
    "SAMPLE": 201801,
    "MULTYEAR": None,
    "STATEFIP": "37",
    "PUMA": "00100",
    "SERIAL": 7,
    "PERNUM": 2,
    "PERWT": 20,
}
A_PERSON |= {"REPWTP1": 30} | {name: first for name, (first, _) in PERSON_CODES.items()}


@pytest.fixture
def ipums_persons(run_sql):
    def run(*rows, vintage="2018_1-Year"):
        raw = table(PERSON, A_PERSON, list(rows))
        return run_sql("staged/acs_person_ipums.sql", tables={"raw": raw}, variables={"vintage": vintage})

    return run


def test_an_ipums_person(ipums_persons):
    (row,) = ipums_persons({})
    expected = {"year": 2018, "multyear": 2018, "statefip": "37", "puma": "00100", "serialno": "7", "pernum": 2}
    expected |= {name.lower(): first for name, (first, _) in PERSON_CODES.items()} | {"perwt": 20, "repwtp1": 30}
    assert row == expected


def test_first_and_last_ipums_codes_of_a_person(ipums_persons):
    last = {name: code for name, (_, code) in PERSON_CODES.items()}
    rows = ipums_persons(last, dict.fromkeys(PERSON_CODES))
    assert [{name: row[name.lower()] for name in PERSON_CODES} for row in rows] == [last, dict.fromkeys(PERSON_CODES)]


@pytest.mark.parametrize("column", PERSON_CODES)
def test_ipums_codes_of_a_person_that_the_codebook_does_not_have(ipums_persons, column):
    first, last = PERSON_CODES[column]
    refused = (first - 1, last + 1) if column != "EDUCD" else (-1, 117)
    for code in refused:
        assert refusal(ipums_persons, {column: code}) == [column, str(code), f"{first} to {last}"]


def test_schooling_that_is_not_applicable_or_missing(ipums_persons):
    rows = ipums_persons(*({"EDUCD": code} for code in (0, 1, 999)))
    assert [row["educd"] for row in rows] == [None, None, None]


@pytest.mark.parametrize(
    ("vintage", "sample", "taken"),
    [
        ("2018_1-Year", 201800, False),
        ("2018_1-Year", 201801, True),
        ("2018_1-Year", 201802, False),
        ("2018_1-Year", 201803, False),
        ("2018_1-Year", 201701, False),
        ("2018_5-Year", 201801, False),
        ("2018_5-Year", 201802, False),
        ("2018_5-Year", 201803, True),
        ("2018_5-Year", 201804, False),
    ],
)
def test_records_of_another_sample_are_refused(ipums_persons, ipums_households, vintage, sample, taken):
    for run in (ipums_persons, ipums_households):
        if taken:
            assert len(run({"SAMPLE": sample}, vintage=vintage)) == 1
        else:
            told = refusal(run, {"SAMPLE": sample}, vintage=vintage)
            assert told == ["SAMPLE", str(sample), f"the sample of the vintage {vintage}"]


def test_interview_year_of_a_five_year_sample(ipums_persons, ipums_households):
    (person,) = ipums_persons({"SAMPLE": 201803, "MULTYEAR": 2015}, vintage="2018_5-Year")
    (household,) = ipums_households({"SAMPLE": 201803, "MULTYEAR": 2015, "ADJUST": None}, vintage="2018_5-Year")
    assert (person["year"], person["multyear"]) == (household["year"], household["multyear"]) == (2018, 2015)
    assert household["adjust"] == 1.001264  # the calendar factor of 2015


# -- IPUMS: households ------------------------------------------------------------------------------

HOUSEHOLD_CODES = {
    "GQ": (0, 6), "OWNERSHP": (0, 2), "VACANCY": (0, 9), "CINETHH": (0, 8), "CILAPTOP": (0, 8), "CITABLET": (0, 8),
    "CIHISPEED": (0, 88),
}  # fmt: skip
HOUSEHOLD = (
    "SAMPLE INTEGER, MULTYEAR INTEGER, STATEFIP VARCHAR, COUNTYFIP VARCHAR, PUMA VARCHAR, SERIAL BIGINT, HHWT INTEGER, "
    "ADJUST DOUBLE, HHINCOME INTEGER, OWNCOST INTEGER, RENT INTEGER, RENTGRS INTEGER, VALUEH INTEGER, REPWT1 INTEGER, "
)
HOUSEHOLD += ", ".join(f"{name} INTEGER" for name in HOUSEHOLD_CODES)
A_HOUSEHOLD = {
    "SAMPLE": 201801, "MULTYEAR": None, "STATEFIP": "37", "COUNTYFIP": "067", "PUMA": "00100", "SERIAL": 7, "HHWT": 20,
    "ADJUST": 1.01, "HHINCOME": 50_000, "OWNCOST": 900, "RENT": 700, "RENTGRS": 800, "VALUEH": 200_000, "REPWT1": 30,
    "GQ": 1, "OWNERSHP": 2, "VACANCY": None, "CINETHH": 1, "CILAPTOP": 1, "CITABLET": 2, "CIHISPEED": 10,
}  # fmt: skip


@pytest.fixture
def ipums_households(run_sql):
    def run(*rows, vintage="2018_1-Year", vacant=()):
        persons = table(f"PERNUM INTEGER, {HOUSEHOLD}", {"PERNUM": 1, **A_HOUSEHOLD}, list(rows))
        units = table(HOUSEHOLD, A_HOUSEHOLD, list(vacant))
        tables = {"raw": persons, "vacant": units}
        return run_sql("staged/acs_household_ipums.sql", tables=tables, variables={"vintage": vintage})

    return run


def test_an_ipums_household(ipums_households):
    (row,) = ipums_households({})
    assert row == {
        "year": 2018, "multyear": 2018, "statefip": "37", "puma": "00100", "serialno": "7", "gq": 1, "countyfip": "067",
        "hhwt": 20, "adjust": 1.01, "hhincome": 50_000, "ownershp": 2, "owncost": 900, "rent": 700, "rentgrs": 800,
        "valueh": 200_000, "vacancy": 0, "cinethh": 1, "cilaptop": 1, "citablet": 2, "cihispeed": 10, "repwt1": 30,
    }  # fmt: skip


def test_one_record_per_household_and_one_per_vacant_unit(ipums_households):
    members = [{"SERIAL": 8, "PERNUM": number} for number in (1, 2, 3)]
    # the second extract may hold records that are not vacant: they are in the first one
    vacant = [{"SERIAL": 9, "GQ": 0, "VACANCY": 2}, {"SERIAL": 8, "GQ": 1, "VACANCY": 0}]
    rows = ipums_households(*members, vacant=vacant)
    assert [(row["serialno"], row["gq"], row["vacancy"]) for row in rows] == [("8", 1, 0), ("9", 0, 2)]


def test_first_and_last_ipums_codes_of_a_household(ipums_households):
    for place in (0, 1):
        codes = {name: ends[place] for name, ends in HOUSEHOLD_CODES.items()}
        (row,) = ipums_households(codes)
        assert {name: row[name.lower()] for name in HOUSEHOLD_CODES} == codes


@pytest.mark.parametrize("column", HOUSEHOLD_CODES)
def test_ipums_codes_of_a_household_that_the_codebook_does_not_have(ipums_households, column):
    first, last = HOUSEHOLD_CODES[column]
    for code in (first - 1, last + 1):
        assert refusal(ipums_households, {column: code}) == [column, str(code), f"{first} to {last}"]


@pytest.mark.parametrize(
    ("column", "missing", "amounts"),
    [
        ("HHINCOME", [9_999_999], [9_999_998, 10_000_000, 0, -1]),
        ("OWNCOST", [99_999], [99_998, 100_000, 0]),
        ("RENT", [0], [1, 2, 3]),
        ("RENTGRS", [0], [1, 2, 3]),
        ("VALUEH", [9_999_998, 9_999_999], [9_999_997, 10_000_000, 0]),
    ],
)
def test_amounts_that_are_not_applicable(ipums_households, column, missing, amounts):
    rows = ipums_households(*({column: code, "SERIAL": number} for number, code in enumerate([*missing, *amounts])))
    assert [row[column.lower()] for row in rows] == [None] * len(missing) + amounts


# -- Census Bureau ----------------------------------------------------------------------------------

PUMAS = "PUMA VARCHAR, PUMA20 VARCHAR, PUMA10 VARCHAR, PUMA00 VARCHAR"
LOCATED = {"ST": "37", "PUMA": "00100", "PUMA20": None, "PUMA10": None, "PUMA00": None, "SERIALNO": "2018HU0000049"}
CENSUS_HOUSEHOLD = (
    f"ST VARCHAR, {PUMAS}, SERIALNO VARCHAR, ADJINC INTEGER, ADJHSG INTEGER, WGTP INTEGER, WGTP1 INTEGER, TYPE INTEGER, "
    "TEN INTEGER, VACS INTEGER, HINCP INTEGER, SMOCP INTEGER, RNTP INTEGER, GRNTP INTEGER, VALP INTEGER, ACCESS INTEGER, "
    "LAPTOP INTEGER, TABLET INTEGER, HISPEED INTEGER"
)
A_CENSUS_HOUSEHOLD = LOCATED | {
    "ADJINC": 1013097, "ADJHSG": 1000000, "WGTP": 20, "WGTP1": 30, "TYPE": 1, "TEN": 3, "VACS": None, "HINCP": 50_000,
    "SMOCP": 900, "RNTP": 700, "GRNTP": 800, "VALP": 200_000, "ACCESS": 1, "LAPTOP": 1, "TABLET": 2, "HISPEED": 1,
}  # fmt: skip
CENSUS_PERSON = (
    f"ST VARCHAR, {PUMAS}, SERIALNO VARCHAR, SPORDER INTEGER, ADJINC INTEGER, PWGTP INTEGER, PWGTP1 INTEGER, AGEP INTEGER, "
    "SEX INTEGER, RAC1P INTEGER, HISP INTEGER, ESR INTEGER, SCHL INTEGER, SCHG INTEGER, DDRS INTEGER, DEAR INTEGER, "
    "DEYE INTEGER, DOUT INTEGER, DPHY INTEGER, DREM INTEGER, RELP INTEGER, RELSHIPP INTEGER"
)
A_CENSUS_PERSON = LOCATED | {
    "SPORDER": 2, "ADJINC": 1013097, "PWGTP": 20, "PWGTP1": 30, "AGEP": 30, "SEX": 2, "RAC1P": 6, "HISP": 2, "ESR": 3,
    "SCHL": 16, "SCHG": 15, "DDRS": 2, "DEAR": 2, "DEYE": 2, "DOUT": 2, "DPHY": 2, "DREM": 2, "RELP": 0, "RELSHIPP": None,
}  # fmt: skip


def columns(declared: str) -> list[str]:
    return [column.split()[0] for column in declared.split(", ")]


@pytest.fixture
def census_households(run_sql):
    def run(*rows, vintage="2018_1-Year", lacking=()):
        present = [name for name in columns(CENSUS_HOUSEHOLD) if name not in lacking]
        raw = table(CENSUS_HOUSEHOLD, A_CENSUS_HOUSEHOLD, list(rows))
        variables = {"vintage": vintage, "raw_columns": present}
        return run_sql("staged/acs_household_census.sql", tables={"raw": raw}, variables=variables)

    return run


@pytest.fixture
def census_persons(run_sql):
    def run(*rows, vintage="2018_1-Year", lacking=()):
        present = [name for name in columns(CENSUS_PERSON) if name not in lacking]
        raw = table(CENSUS_PERSON, A_CENSUS_PERSON, list(rows))
        variables = {"vintage": vintage, "raw_columns": present}
        return run_sql("staged/acs_person_census.sql", tables={"raw": raw}, variables=variables)

    return run


def test_a_census_household(census_households):
    (row,) = census_households({})
    assert row == {
        "year": 2018, "multyear": 2018, "statefip": "37", "puma": "00100", "serialno": "2018HU0000049", "gq": 1,
        "countyfip": None, "hhwt": 20, "adjust": 1.013097, "hhincome": 50_000, "ownershp": 2, "owncost": 900, "rent": 700,
        "rentgrs": 800, "valueh": 200_000, "vacancy": 0, "cinethh": 1, "cilaptop": 1, "citablet": 2, "cihispeed": 10,
        "repwt1": 30,
    }  # fmt: skip


def test_dollars_of_a_five_year_sample(census_households):
    # an interview of 2014: income to the dollars of 2018 without the calendar factor, 50,000 x 1.079015 / 1.008425;
    # housing dollars x 1.1, whole dollars
    row = {"SERIALNO": "2014000000049", "ADJINC": 1079015, "ADJHSG": 1100001, "RNTP": 705}
    (row,) = census_households(row, vintage="2018_5-Year")
    assert (row["multyear"], row["adjust"], row["hhincome"]) == (2014, 1.008425, 53_500)
    assert [row[name] for name in ("owncost", "rent", "rentgrs", "valueh")] == [990, 776, 880, 220_000]
    # amounts large enough to show the sixth decimal of a factor
    (row,) = census_households({"HINCP": 2_000_000, "ADJHSG": 1_000_100, "VALP": 5_000_000})
    assert (row["hhincome"], row["valueh"]) == (2_000_000, 5_000_500)
    (row,) = census_households({"ADJHSG": None, "VALP": 5_000_000})
    assert row["valueh"] == 5_000_000


def test_income_of_a_one_year_sample_is_in_its_dollars_already(census_households):
    (row,) = census_households({"ADJINC": None})
    assert (row["adjust"], row["hhincome"]) == (1.013097, 50_000)


def test_a_rent_of_zero_is_no_rent(census_households):
    rows = census_households(*({"SERIALNO": f"2018HU{n:07}", "RNTP": n, "GRNTP": n} for n in range(4)))
    assert [(row["rent"], row["rentgrs"]) for row in rows] == [(None, None), (1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("column", "staged"),
    [("ACCESS", "cinethh"), ("LAPTOP", "cilaptop"), ("TABLET", "citablet"), ("HISPEED", "cihispeed")],
)
def test_a_household_column_that_the_file_lacks_is_unknown(census_households, column, staged):
    (row,) = census_households({column: None})
    assert row[staged] == 0
    (row,) = census_households({column: None}, lacking=[column])
    assert [name for name, value in row.items() if value is None and name != "countyfip"] == [staged]


@pytest.mark.parametrize(("column", "expected"), [("LAPTOP", "blank, 1, 2 or 8"), ("TABLET", "blank, 1, 2 or 8")])
def test_a_computer_code_names_its_column(census_households, column, expected):
    assert refusal(census_households, {column: 3}) == [column, "3", expected]


def test_a_census_person(census_persons):
    (row,) = census_persons({})
    assert row == {
        "year": 2018, "multyear": 2018, "statefip": "37", "puma": "00100", "serialno": "2018HU0000049", "pernum": 2, "gq": 1,
        "age": 30, "sex": 2, "race": 6, "hispan": 1, "empstat": 2, "educd": 63, "gradeatt": 6, "diffrem": 1, "diffphys": 1,
        "diffmob": 1, "diffsens": 1, "diffcare": 1, "perwt": 20, "repwtp1": 30,
    }  # fmt: skip


DIFFICULTIES = {"DREM": "diffrem", "DPHY": "diffphys", "DOUT": "diffmob", "DEAR": "diffsens", "DEYE": "diffsens"}
DIFFICULTIES |= {"DDRS": "diffcare"}


@pytest.mark.parametrize(("column", "staged"), [*DIFFICULTIES.items(), ("SCHG", "gradeatt")])
def test_a_person_column_that_the_file_lacks_is_unknown(census_persons, column, staged):
    (row,) = census_persons({column: None}, lacking=[column])
    assert [name for name, value in row.items() if value is None] == [staged]


@pytest.mark.parametrize(("column", "staged"), DIFFICULTIES.items())
def test_a_difficulty_is_staged_under_its_own_name(census_persons, column, staged):
    (row,) = census_persons({column: 1})
    assert [name for name in dict.fromkeys(DIFFICULTIES.values()) if row[name] == 2] == [staged]
    assert refusal(census_persons, {column: 3}) == [column, "3", "blank, 1 or 2"]


@pytest.mark.parametrize("column", ["PUMA", "PUMA20", "PUMA10", "PUMA00"])
def test_the_one_puma_column_that_is_filled_counts(census_persons, census_households, column):
    for run in (census_persons, census_households):
        (row,) = run({"PUMA": None, column: "00700"})
        assert row["puma"] == "00700"
        assert refusal(run, {"PUMA": None}) == ["PUMA", "", "a PUMA code"]


def test_an_adjinc_of_another_vintage_is_refused(census_persons, census_households):
    for run in (census_persons, census_households):
        assert refusal(run, {"ADJINC": 1029928})[:2] == ["ADJINC", "1029928"]
        # a file without ADJINC, and an interview year whose factor the list does not have yet
        assert len(run({"ADJINC": None})) == 1
        new = {"ADJINC": None, "SERIALNO": "2025HU0000049"}
        assert len(run(new, vintage="2025_1-Year")) == 1
