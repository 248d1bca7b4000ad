"""Employment by hand (card employment, section 3): who is in the universe, and who counts as employed."""

import pytest
from examples import table

TYPES = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, gq TINYINT, multyear SMALLINT, "
    "age SMALLINT, empstat TINYINT, perwt INTEGER, repwtp1 SMALLINT, repwtp80 SMALLINT"
)
ADULT = {
    "sample": "1-Year",
    "statefip": "37",
    "puma": "00100",
    "pernum": 1,
    "subgroup_key": 0,
    "gq": 1,
    "multyear": 2021,
    "age": 40,
    "empstat": 1,
    "perwt": 10,
    "repwtp1": 11,
    "repwtp80": 12,
}


@pytest.fixture
def records(run_sql):
    return lambda *rows: run_sql("metrics/employment.sql", tables={"person": table(TYPES, ADULT, list(rows))})


@pytest.mark.parametrize(("age", "counted"), [(0, 0), (24, 0), (25, 1), (26, 1), (53, 1), (54, 1), (55, 0), (95, 0)])
def test_ages_25_to_54(records, age, counted):
    assert len(records({"age": age})) == counted


@pytest.mark.parametrize(("gq", "counted"), [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0), (5, 1), (6, 0), (None, 0)])
def test_households_of_the_three_definitions_and_no_group_quarters(records, gq, counted):
    # 1 households of the definition of 1970, 2 added by that of 1990, 5 by that of 2000; 3 institutions, 4 other quarters
    assert len(records({"gq": gq})) == counted


@pytest.mark.parametrize(("empstat", "outcome"), [(0, 0), (1, 1), (2, 0), (3, 0)])
def test_only_the_employed_count(records, empstat, outcome):
    # 2 unemployed and 3 not in the labor force stay in the denominator; 0, not applicable, does not occur at these ages
    assert [row["outcome"] for row in records({"empstat": empstat})] == [outcome]


def test_a_record_keeps_its_place_its_key_and_its_weights(records):
    (row,) = records({"sample": "5-Year", "puma": "00200", "serialno": "9", "pernum": 3, "subgroup_key": 7, "perwt": 5})
    kept = ("sample", "statefip", "puma", "serialno", "pernum", "subgroup_key", "outcome", "weight")
    assert tuple(row[name] for name in kept) == ("5-Year", "37", "00200", "9", 3, 7, 1, 5)
    assert [value for name, value in row.items() if name.startswith("repwt")] == [11, 12]
