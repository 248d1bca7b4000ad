"""Rows that stand for the records of small designs in regions and packs (sql/estimators/share/records.sql), by hand."""

import numpy as np
import pytest

REPLICATES = range(1, 81)
SUBGROUP = "sample VARCHAR, subgroup_key INTEGER, subgroup_type VARCHAR, subgroup VARCHAR"
SUMS = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, subgroup_key INTEGER, outcome TINYINT, records BIGINT"
DESIGNS = "sample VARCHAR, statefip VARCHAR, puma VARCHAR, family VARCHAR, subgroup VARCHAR"
RECORDS = (
    "sample VARCHAR, statefip VARCHAR, puma VARCHAR, serialno VARCHAR, pernum SMALLINT, subgroup_key INTEGER, "
    + ", ".join(f"repwt{number} SMALLINT" for number in REPLICATES)
)


def person(statefip, puma, serialno, *weights, key=1):
    """A person whose replicate weights are the given ones over and over."""
    repeated = (weights * 80)[:80]
    return ("5-Year", statefip, puma, serialno, 1, key, *repeated)


@pytest.fixture
def standing(run_sql):
    """Gives the rows of state 37, whose only PUMA has so many records; its two persons are told by their weights."""

    def run(counted, designs=(("37", "00100", "all", "All"),), persons=None, labels=("All", "Female")):
        return run_sql(
            "estimators/share/records.sql",
            tables={
                "subgroup": (SUBGROUP, [("5-Year", 1, "gender", label) for label in labels]),
                "sums": (SUMS, [("5-Year", *place, 1, 1, number) for place, number in counted.items()]),
                "county_designs": (DESIGNS, [("5-Year", *design) for design in designs]),
                "records": (RECORDS, persons or [person("37", "00100", "A", 10), person("37", "00100", "B", 5, 7)]),
            },
        )

    return run


BOTH = (("37", "00100", "all", "All"), ("37", "00100", "gender", "Female"))


@pytest.mark.parametrize(("records", "rows"), [(399, 2), (400, 0), (401, 0)])
def test_a_state_of_400_records_has_full_rank_and_needs_no_rows(standing, records, rows):
    assert len(standing({("37", "00100"): records}, designs=BOTH)) == rows


def test_a_family_of_less_needs_rows_though_the_total_has_full_rank(standing):
    assert len(standing({("37", "00100"): 400}, designs=BOTH[:1])) == 2


def test_the_total_of_a_family_is_that_of_all(standing):
    assert not standing({("37", "00100"): 400}, designs=BOTH[:1], labels=("All",))


def test_records_of_all_pumas_of_a_design_count(standing):
    assert len(standing({("37", "00100"): 300, ("37", "00200"): 100}, designs=BOTH)) == 2
    further = tuple(("37", "00200", family, label) for _, _, family, label in BOTH)
    assert not standing({("37", "00100"): 300, ("37", "00200"): 100}, designs=BOTH + further)


def test_another_state_of_full_rank_does_not_stand_in(standing):
    other = tuple(("13", "00100", family, label) for _, _, family, label in BOTH)
    assert len(standing({("37", "00100"): 399, ("13", "00100"): 400}, designs=BOTH + other)) == 2


def test_rows_span_the_space_of_the_records(standing):
    persons = [
        person("37", "00100", name, *weights) for name, weights in zip("ABC", [(1, 0), (0, 1), (2, 3)], strict=True)
    ]
    rows = standing({("37", "00100"): 3}, persons=persons)
    weights, records = np.array([row["replicate_weights"] for row in rows]), np.array([each[6:] for each in persons])
    assert weights.shape == (3, 80)
    assert np.linalg.matrix_rank(weights) == np.linalg.matrix_rank(np.vstack([weights, records])) == 2


def test_rows_are_numbered_within_their_puma_and_name_no_household(standing):
    persons = [person("37", puma, name, 1) for puma, name in (("00100", "A"), ("00200", "B"), ("00200", "C"))]
    rows = standing({("37", "00100"): 1, ("37", "00200"): 2}, persons=persons)
    assert [(row["puma"], row["serialno"], row["pernum"]) for row in rows] == [
        ("00100", "3700100", 1),
        ("00200", "3700200", 1),
        ("00200", "3700200", 2),
    ]
