"""Preschool by hand (card preschool, sections 3 and 4): ages, grades, and the income group of the household."""

import pytest
from examples import table

TYPES = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, gq TINYINT, multyear SMALLINT, "
    "age SMALLINT, gradeatt TINYINT, perwt INTEGER, repwtp1 SMALLINT, repwtp80 SMALLINT"
)
CHILD = {
    "sample": "5-Year",
    "statefip": "37",
    "puma": "00100",
    "pernum": 2,
    "subgroup_key": 1,
    "gq": 1,
    "multyear": 2021,
    "age": 3,
    "gradeatt": 1,
    "perwt": 10,
    "repwtp1": 11,
    "repwtp80": 12,
}
HOUSEHOLD = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER"


@pytest.fixture
def records(run_sql):
    def run(*rows, household=()):
        tables = {"person": table(TYPES, CHILD, list(rows)), "household": (HOUSEHOLD, list(household))}
        return run_sql("metrics/preschool.sql", tables=tables)

    return run


@pytest.mark.parametrize(("age", "counted"), [(0, 0), (2, 0), (3, 1), (4, 1), (5, 0)])
def test_ages_3_and_4(records, age, counted):
    assert len(records({"age": age})) == counted


@pytest.mark.parametrize("gq", range(1, 6))
def test_group_quarters_are_not_left_out(records, gq):
    assert len(records({"gq": gq})) == 1


@pytest.mark.parametrize(("gradeatt", "outcome"), [(0, [0]), (1, [1]), (2, [0]), (3, []), (4, []), (None, [])])
def test_preschool_counts_kindergarten_stays_below_and_grades_are_left_out(records, gradeatt, outcome):
    # 0 not attending, 1 nursery school or preschool, 2 kindergarten, 3 grades 1 to 4
    assert [row["outcome"] for row in records({"gradeatt": gradeatt})] == outcome


def test_the_income_group_is_that_of_the_household_of_sample_state_and_number(records):
    # key of the child 1 (race), of its household 10 (income); other samples, states and households give nothing
    household = [
        ("5-Year", "37", "00100", "1", 10),
        ("1-Year", "37", "00100", "2", 10),
        ("5-Year", "45", "00100", "2", 10),
    ]
    rows = records({}, {}, household=household)
    assert {row["serialno"]: row["subgroup_key"] for row in rows} == {"1": 11, "2": 1}


def test_a_record_keeps_its_place_and_its_weights(records):
    (row,) = records({"puma": "00200", "serialno": "9", "pernum": 3, "perwt": 5})
    kept = ("sample", "statefip", "puma", "serialno", "pernum", "subgroup_key", "outcome", "weight")
    assert tuple(row[name] for name in kept) == ("5-Year", "37", "00200", "9", 3, 1, 1, 5)
    assert [value for name, value in row.items() if name.startswith("repwt")] == [11, 12]
