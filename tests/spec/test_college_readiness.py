"""College readiness by hand (card college-readiness, section 3): ages, and what is a high school degree."""

import pytest
from examples import table

TYPES = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum INTEGER, subgroup_key INTEGER, gq TINYINT, multyear SMALLINT, "
    "age SMALLINT, educd SMALLINT, perwt INTEGER, repwtp1 SMALLINT, repwtp80 SMALLINT"
)
STUDENT = {
    "sample": "5-Year",
    "statefip": "37",
    "puma": "00100",
    "pernum": 1,
    "subgroup_key": 0,
    "gq": 1,
    "multyear": 2021,
    "age": 19,
    "educd": 63,
    "perwt": 10,
    "repwtp1": 11,
    "repwtp80": 12,
}


@pytest.fixture
def records(run_sql):
    return lambda *rows: run_sql("metrics/college-readiness.sql", tables={"person": table(TYPES, STUDENT, list(rows))})


@pytest.mark.parametrize(("age", "counted"), [(18, 0), (19, 1), (20, 1), (21, 0)])
def test_ages_19_and_20(records, age, counted):
    assert len(records({"age": age})) == counted


@pytest.mark.parametrize("gq", range(1, 6))
def test_dormitories_and_prisons_are_not_left_out(records, gq):
    assert len(records({"gq": gq})) == 1


@pytest.mark.parametrize(
    ("educd", "outcome"),
    [
        (0, []),  # not applicable
        (1, []),  # not applicable or no schooling
        (999, []),  # missing
        (None, []),
        (2, [0]),  # no schooling completed
        (61, [0]),  # 12th grade, no diploma
        (62, [1]),  # high school graduate or GED
        (63, [1]),
        (64, [1]),
        (116, [1]),
    ],
)
def test_a_diploma_or_a_ged_or_more(records, educd, outcome):
    assert [row["outcome"] for row in records({"educd": educd})] == outcome


def test_a_record_keeps_its_place_its_key_and_its_weights(records):
    (row,) = records({"puma": "00200", "serialno": "9", "pernum": 3, "subgroup_key": 7, "perwt": 5})
    kept = ("sample", "statefip", "puma", "serialno", "pernum", "subgroup_key", "outcome", "weight")
    assert tuple(row[name] for name in kept) == ("5-Year", "37", "00200", "9", 3, 7, 1, 5)
    assert [value for name, value in row.items() if name.startswith("repwt")] == [11, 12]
