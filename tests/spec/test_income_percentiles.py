"""Income percentiles by hand (card income-percentiles, sections 1 and 3): households, their income and its dollars."""

import pytest
from examples import table

PERSON = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER"
TYPES = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, subgroup_key INTEGER, gq TINYINT, multyear SMALLINT, "
    "hhincome INTEGER, adjust DOUBLE, hhwt INTEGER, repwt1 SMALLINT, repwt80 SMALLINT"
)
HOUSEHOLD = {
    "sample": "1-Year",
    "statefip": "37",
    "puma": "00100",
    "subgroup_key": 0,
    "gq": 1,
    "multyear": 2021,
    "hhincome": 50_000,
    "adjust": 1.0,
    "hhwt": 10,
    "repwt1": 11,
    "repwt80": 12,
}
HOUSEHOLDER = ("1-Year", "37", "00100", "1", 1, 4)


@pytest.fixture
def records(run_sql):
    def run(*rows, person=(HOUSEHOLDER,)):
        tables = {"person": (PERSON, list(person)), "household": table(TYPES, HOUSEHOLD, list(rows))}
        return run_sql("metrics/income-percentiles.sql", tables=tables)

    return run


@pytest.mark.parametrize(("gq", "counted"), [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 0)])
def test_households_of_the_three_definitions_and_no_group_quarters(records, gq, counted):
    assert len(records({"gq": gq})) == counted


@pytest.mark.parametrize(("income", "amounts"), [(None, []), (0, [0]), (-5_000, [-5_000]), (1, [1])])
def test_zero_and_negative_incomes_stay_and_missing_ones_do_not(records, income, amounts):
    assert [row["amount"] for row in records({"hhincome": income})] == amounts


def test_amounts_are_in_dollars_of_the_calendar_year(records):
    # 40,000 dollars of the twelve months before the interview x 1.0125
    assert [row["amount"] for row in records({"hhincome": 40_000, "adjust": 1.0125})] == [40_500]


def test_the_subgroup_is_that_of_the_householder(records):
    persons = [HOUSEHOLDER, ("1-Year", "37", "00100", "1", 2, 5), ("5-Year", "37", "00100", "1", 1, 6)]
    persons += [("1-Year", "45", "00100", "1", 1, 7)]
    rows = records({"subgroup_key": 9}, person=persons)
    assert [(row["serialno"], row["subgroup_key"]) for row in rows] == [("1", 4)]


def test_a_household_without_householder_is_left_out(records):
    assert records({}, person=[("1-Year", "37", "00100", "1", 2, 5)]) == []


def test_a_record_keeps_its_place_and_its_weights(records):
    (row,) = records({"puma": "00200", "hhwt": 5}, person=[("1-Year", "37", "00200", "1", 1, 4)])
    kept = ("sample", "statefip", "puma", "serialno", "weight", "repwt1", "repwt80")
    assert tuple(row[name] for name in kept) == ("1-Year", "37", "00200", "1", 5, 11, 12)
