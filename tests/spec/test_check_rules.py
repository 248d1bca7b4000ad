"""Each check of a metric table by hand: the rows on both sides of its rule (card evaluation-checks)."""

from __future__ import annotations

import duckdb
import pytest

from pipeline import checks
from pipeline.plan import sqlfile
from pipeline.run.session import create_macros

COLUMNS = (
    "measure VARCHAR, geography VARCHAR, geoid VARCHAR, subgroup_type VARCHAR, subgroup VARCHAR, value DOUBLE, lower DOUBLE, "
    "upper DOUBLE, quality TINYINT, note VARCHAR"
)
NAMES = [column.split()[0] for column in COLUMNS.split(", ")]
ROW = dict(zip(NAMES, ("share", "county", "37067", "all", "All", 0.5, 0.4, 0.6, 1, None), strict=True))
MISSING = {"value": None, "lower": None, "upper": None, "quality": None, "note": "suppressed: n<30"}


@pytest.fixture
def broken():
    """GEOIDs of the rows that break a check, of a table with the given rows."""
    with duckdb.connect() as con:
        create_macros(con, checks.macro_paths())
        con.execute(f"CREATE TABLE metric_table ({COLUMNS})")
        con.execute("CREATE TABLE measures AS SELECT 'share' AS measure, 0.0 AS lowest, 1.0 AS highest, "
                    "false AS quality_without_value UNION ALL SELECT 'flagged', NULL, NULL, true")  # fmt: skip
        con.execute("CREATE TABLE declared_subgroups AS SELECT 'all' AS subgroup_type, 'All' AS subgroup")

        def run(check, *rows):
            for row in rows:
                con.execute(
                    f"INSERT INTO metric_table VALUES ({', '.join('?' * len(NAMES))})", list((ROW | row).values())
                )
            return con.execute((checks.FOLDER / f"{check}.sql").read_text(encoding="utf-8")).fetchall()

        yield run


@pytest.mark.parametrize(
    ("check", "row", "breaks"),
    [
        ("bounds_are_ordered", {"lower": 0.5, "upper": 0.5}, False),
        ("bounds_are_ordered", {"lower": 0.51}, True),
        ("bounds_are_ordered", {"upper": 0.49}, True),
        ("bounds_are_ordered", {"lower": None, "upper": None}, False),
        ("fips_lengths", {"geoid": "37067"}, False),
        ("fips_lengths", {"geoid": "7067"}, True),
        ("fips_lengths", {"geoid": "137067"}, True),
        ("fips_lengths", {"geoid": "3706A"}, True),
        ("fips_lengths", {"geography": "place", "geoid": "3775000"}, False),
        ("fips_lengths", {"geography": "place", "geoid": "37067"}, True),
        ("fips_lengths", {"geography": "place", "geoid": "13775000"}, True),
        ("fips_lengths", {"geography": "region", "geoid": "West"}, False),
        ("fips_lengths", {"geography": "region", "geoid": ""}, True),
        ("keys_are_unique", {}, False),
        ("measures_are_declared", {"measure": "share"}, False),
        ("measures_are_declared", {"measure": "ratio"}, True),
        ("missing_value_says_why", MISSING, False),
        ("missing_value_says_why", MISSING | {"note": None}, True),
        ("missing_value_says_why", {"note": None}, False),
        ("no_bounds_without_value", MISSING, False),
        ("no_bounds_without_value", MISSING | {"lower": 0.1}, True),
        ("no_bounds_without_value", MISSING | {"upper": 0.1}, True),
        ("no_bounds_without_value", {}, False),
        ("no_quality_without_value", MISSING, False),
        ("no_quality_without_value", MISSING | {"quality": 3}, True),
        ("no_quality_without_value", MISSING | {"quality": 3, "measure": "flagged"}, False),
        ("no_quality_without_value", {}, False),
        ("quality_is_1_2_3", {"quality": 0}, True),
        ("quality_is_1_2_3", {"quality": 1}, False),
        ("quality_is_1_2_3", {"quality": 2}, False),
        ("quality_is_1_2_3", {"quality": 3}, False),
        ("quality_is_1_2_3", {"quality": 4}, True),
        ("quality_is_1_2_3", {"quality": None}, False),
        ("rows_are_complete", {}, False),
        ("subgroups_are_declared", {}, False),
        ("subgroups_are_declared", {"subgroup": "Total"}, True),
        ("subgroups_are_declared", {"subgroup_type": "gender"}, True),
        ("values_are_finite", {}, False),
        ("values_are_finite", {"value": float("inf")}, True),
        ("values_are_finite", {"value": float("nan")}, True),
        ("values_in_range", {"value": 0}, False),
        ("values_in_range", {"value": 1}, False),
        ("values_in_range", {"value": -0.001}, True),
        ("values_in_range", {"value": 1.001}, True),
        ("values_in_range", {"value": 7, "measure": "flagged"}, False),
        ("values_in_range", MISSING, False),
    ],
)
def test_a_row_breaks_the_rule_or_not(broken, check, row, breaks):
    assert bool(broken(check, row)) == breaks


def test_two_rows_of_one_key(broken):
    assert broken("keys_are_unique", {}, {}, {"geoid": "37069"}) == [("share", "37067", "all", "All", 2)]


def test_an_area_without_a_row_that_others_have(broken):
    rows = [{}, {"subgroup": "Male"}, {"geoid": "37069"}]
    assert broken("rows_are_complete", *rows) == [("37069", 1, 2)]


def test_pumas_that_the_crosswalk_of_the_period_does_not_have():
    with duckdb.connect() as con:
        create_macros(con, checks.macro_paths())
        con.execute("SET VARIABLE year = 2022")
        con.execute("CREATE TABLE allocation AS FROM (VALUES ('2022', '37', '00100'), ('pre-2022', '37', '00200')) "
                    "AS t(crosswalk_period, statefip, puma)")  # fmt: skip
        con.execute("CREATE TABLE puma_records AS FROM (VALUES ('1-Year', '37', '00100', 7), ('1-Year', '37', '00200', 5), "
                    "('1-Year', '45', '00100', 3), ('1-Year', '37', NULL, 2), ('1-Year', '72', '00100', 4)) "
                    "AS t(sample, statefip, puma, records)")  # fmt: skip
        query = (checks.FOLDER / "pumas_are_in_crosswalk.sql").read_text(encoding="utf-8")
        assert con.execute(query).fetchall() == [("1-Year", 8, ["3700200", "4500100"])]


def test_every_check_of_one_table_is_tried_here():
    tried = {check for check, *_ in test_a_row_breaks_the_rule_or_not.pytestmark[0].args[1]}
    reads = {check: sqlfile.read(checks.FOLDER / f"{check}.sql").statement.reads for check in checks.names()}
    assert tried == {check for check in reads if reads[check] <= {"metric_table", "measures", "declared_subgroups"}}
