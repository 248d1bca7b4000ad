"""Every code of the Census Bureau's data dictionaries, and the code beside each end of every list (docs/acs_variables.md)."""

from __future__ import annotations

import duckdb
import pytest

from pipeline import settings


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    connection.execute((settings.SQL / "macros" / "acs_codes.sql").read_text(encoding="utf-8"))
    return connection


def found(con, expression: str, *arguments):
    """Value of an expression, or, where it refuses, column, what was found and what was expected."""
    try:
        return con.execute(f"SELECT {expression}", list(arguments)).fetchone()[0]
    except duckdb.Error as error:
        _, told = str(error).splitlines()[0].split("refused|")
        return tuple(told.split("|"))


def refused(column, value, expected):
    return (column, "" if value is None else str(value), expected)


# expression, variable, what the dictionary has, code -> staged code (None: blank)
CODES = [
    ("acs_age({})", "AGEP", "0 to 99", {age: age for age in range(100)}),
    ("acs_sex({})", "SEX", "1 or 2", {1: 1, 2: 2}),
    ("acs_race({})", "RAC1P", "1 to 9", {1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 6, 7: 6, 8: 7, 9: 8}),
    ("acs_hispan({})", "HISP", "1 to 24", {1: 0, 2: 1, 3: 2, 4: 3} | dict.fromkeys(range(5, 25), 4)),
    ("acs_empstat({})", "ESR", "blank or 1 to 6", {None: 0, 1: 1, 2: 1, 3: 2, 4: 1, 5: 1, 6: 3}),
    (
        "acs_educd({})",
        "SCHL",
        "blank or 1 to 24",
        {None: None, 1: 2, 2: 11, 3: 12, 4: 14, 5: 15, 6: 16, 7: 17, 8: 22, 9: 23, 10: 25, 11: 26, 12: 30, 13: 40}
        | {14: 50, 15: 61, 16: 63, 17: 64, 18: 65, 19: 71, 20: 81, 21: 101, 22: 114, 23: 115, 24: 116},
    ),
    (
        "acs_gradeatt({})",
        "SCHG",
        "blank or 1 to 16",
        {None: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 4, 8: 4, 9: 4, 10: 4, 11: 5, 12: 5, 13: 5, 14: 5, 15: 6, 16: 7},
    ),
    ("acs_difficulty('DREM', {})", "DREM", "blank, 1 or 2", {None: 0, 1: 2, 2: 1}),
    ("acs_ownershp({})", "TEN", "blank or 1 to 4", {None: 0, 1: 1, 2: 1, 3: 2, 4: 2}),
    ("acs_vacancy({})", "VACS", "blank or 1 to 7", {None: 0, 1: 1, 2: 3, 3: 2, 4: 3, 5: 4, 6: 7, 7: 9}),
    ("acs_cinethh({})", "ACCESS", "blank, 1, 2, 3 or 8", {None: 0, 1: 1, 2: 2, 3: 3, 8: 8}),
    ("acs_computer('TABLET', {})", "TABLET", "blank, 1, 2 or 8", {None: 0, 1: 1, 2: 2, 8: 8}),
    ("acs_cihispeed({})", "HISPEED", "blank, 1, 2 or 8", {None: 0, 1: 10, 2: 20, 8: 88}),
    ("acs_housing_gq({}, NULL)", "TYPE", "1, 2 or 3", {1: 1, 2: 3, 3: 4}),
    ("acs_housing_gq({}, 7)", "TYPE", "1, 2 or 3", {1: 0, 2: 3, 3: 4}),
    ("acs_person_gq({}, NULL, '2018GQ0000049')", "RELP", "0 to 17", {None: 4, 16: 3, 17: 4} | dict.fromkeys(range(16), 1)),
    (
        "acs_person_gq(NULL, {}, '2018HU0000049')",
        "RELSHIPP",
        "20 to 38",
        {None: 1, 37: 3, 38: 4} | dict.fromkeys(range(20, 37), 1),
    ),
    ("ipums_code('AGE', {}, 3, 5)", "AGE", "3 to 5", {None: None, 3: 3, 4: 4, 5: 5}),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "column", "dictionary", "codes"), CODES, ids=[each[0] for each in CODES])
def test_codes_of_the_dictionary_and_no_others(con, expression, column, dictionary, codes):
    staged = con.execute(
        f"SELECT code, {expression.format('code')} FROM (SELECT unnest(?::INTEGER[]) AS code)", [list(codes)]
    ).fetchall()
    assert dict(staged) == codes
    numbers = [code for code in codes if code is not None]
    for code in {None, -1, *range(min(numbers) - 1, max(numbers) + 2)} - set(codes):
        assert found(con, expression.format("?::INTEGER"), code) == refused(column, code, dictionary)


def test_group_quarters_of_a_person(con):
    both = found(con, "acs_person_gq(0, 20, '2018HU0000049')")
    assert both == refused("RELSHIPP", 20, "RELP or RELSHIPP, not both")
    neither = found(con, "acs_person_gq(NULL, NULL, '2017000000049')")
    assert neither == refused("RELP", None, "RELP, RELSHIPP or a SERIALNO with HU or GQ")


@pytest.mark.parametrize(
    ("vintage", "serialno", "year"),
    [
        ("2016_1-Year", "0000049", 2016),  # 7 to 9 digits before 2017, which may begin as a year does
        ("2016_1-Year", "201400049", 2016),
        ("2016_1-Year", "000000000049", 2016),
        ("2017_1-Year", "2017000000049", 2017),
        ("2018_1-Year", "2018HU0000049", 2018),
        ("2018_1-Year", "2018HU00000049", 2018),
        ("2018_1-Year", "2017000000049", None),
        ("2018_1-Year", "2019HU0000049", None),
        ("2018_5-Year", "2018HU0000049", 2018),
        ("2018_5-Year", "2014000000049", 2014),
        ("2018_5-Year", "2013000000049", None),
        ("2018_5-Year", "2019HU0000049", None),
        ("2018_5-Year", "201800000049", None),
        ("2018_5-Year", "20180000000049", None),
        ("2018_5-Year", "0000049", None),
        ("2018_3-Year", "2018HU0000049", None),
    ],
)
def test_interview_year_of_a_serial_number(con, vintage, serialno, year):
    expected = year or refused("SERIALNO", serialno, f"a serial number of the vintage {vintage}")
    assert found(con, "acs_interview_year(?, ?)", serialno, vintage) == expected


FACTORS = {
    2010: 1.007624, 2011: 1.018237, 2012: 1.010207, 2013: 1.007549, 2014: 1.008425, 2015: 1.001264, 2016: 1.007588,
    2017: 1.011189, 2018: 1.013097, 2019: 1.010145, 2020: 1.006149, 2021: 1.029928, 2022: 1.042311, 2023: 1.019518,
    2024: 1.015250,
}  # fmt: skip


def test_calendar_factors(con):
    # card acs-pums-microdata, section 2; 2024: PUMS Data Dictionary 2024
    for year in range(2008, 2028):
        assert found(con, "acs_calendar_factor(?)", year) == FACTORS.get(year)


FACTOR, ANY_FACTOR = "the factor of {} in the vintage {}", "a factor of {} in the vintage {}"


@pytest.mark.parametrize(
    ("adjinc", "interview", "vintage", "expected"),
    [
        (None, 2018, "2018_1-Year", 1.013097),
        (1013097, 2018, "2018_1-Year", 1.013097),
        (1013098, 2018, "2018_1-Year", FACTOR),
        (1013096, 2018, "2018_5-Year", FACTOR),
        # 2014 in dollars of 2018: 1.008425 times 1.07
        (1079015, 2014, "2018_5-Year", 1.008425),
        # 0.95 and 1.5 times the factor: 958,003.75 and 1,512,637.5
        (958003, 2014, "2018_5-Year", ANY_FACTOR),
        (958004, 2014, "2018_5-Year", 1.008425),
        (1512637, 2014, "2018_5-Year", 1.008425),
        (1512638, 2014, "2018_5-Year", ANY_FACTOR),
        # after the list: the file's own factor for its last year, none for the years before
        (1023456, 2025, "2025_1-Year", 1.023456),
        (1023456, 2025, "2025_5-Year", 1.023456),
        (1023456, 2025, "2026_5-Year", None),
        (None, 2025, "2025_1-Year", None),
    ],
)
def test_calendar_factor_of_a_record(con, adjinc, interview, vintage, expected):
    if expected in (FACTOR, ANY_FACTOR):
        expected = refused("ADJINC", adjinc, expected.format(interview, vintage))
    assert found(con, "acs_adjust(?, ?, ?)", adjinc, interview, vintage) == expected


def test_columns_that_the_file_has(con):
    con.execute("SET VARIABLE raw_columns = ['DREM', 'DPHY']")
    assert [found(con, "in_file(?)", name) for name in ("DREM", "DPHY", "DOUT")] == [True, True, False]
