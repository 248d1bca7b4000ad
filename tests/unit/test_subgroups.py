"""One integer per record stands for all its labels."""

import duckdb

from pipeline.catalog.models import SubgroupFamily
from pipeline.plan import subgroups

RACE = SubgroupFamily(subgroup_type="race", source="person", labels={"A": "race = 1", "B": "race = 2"})
GENDER = SubgroupFamily(subgroup_type="gender", source="person", labels={"Male": "sex = 1", "Female": "sex = 2"})
INCOME = SubgroupFamily(
    subgroup_type="income", source="household", labels={"High": "income >= 50", "Low": "income < 50"}
)


SAMPLES = {"1-Year": ["all"], "5-Year": ["race", "gender", "income"]}


def labels(race, sex, income):
    families = [RACE, GENDER, INCOME]
    key = duckdb.sql(
        f"SELECT {subgroups.key_expression('person', families)} + {subgroups.key_expression('household', families)} "
        f"FROM (SELECT {race} AS race, {sex} AS sex, {income} AS income)"
    ).fetchone()[0]
    return {
        (row[0], row[2], row[3]) for row in subgroups.view(SAMPLES, ["race"], families).literal_rows if row[1] == key
    }


def test_a_record_has_its_label_of_every_family_and_the_totals_of_each_sample():
    assert labels(2, 1, 60) == {
        ("1-Year", "all", "All"),
        ("5-Year", "race", "All"),
        ("5-Year", "race", "B"),
        ("5-Year", "gender", "Male"),
        ("5-Year", "income", "High"),
    }


def test_a_record_without_a_label_counts_in_the_total_only():
    assert labels(9, 1, "NULL") == {("1-Year", "all", "All"), ("5-Year", "race", "All"), ("5-Year", "gender", "Male")}
