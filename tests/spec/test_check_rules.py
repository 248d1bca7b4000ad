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


@pytest.mark.parametrize(
    ("year", "dropped", "pumas"), [(2021, 10, ["3700100", "4500100"]), (2022, 8, ["3700200", "4500100"])]
)
def test_pumas_that_the_crosswalk_of_the_period_does_not_have(year, dropped, pumas):
    with duckdb.connect() as con:
        create_macros(con, checks.macro_paths())
        con.execute(f"SET VARIABLE year = {year}")
        con.execute("CREATE TABLE allocation AS FROM (VALUES ('2022', '37', '00100'), ('pre-2022', '37', '00200')) "
                    "AS t(crosswalk_period, statefip, puma)")  # fmt: skip
        con.execute("CREATE TABLE puma_records AS FROM (VALUES ('1-Year', '37', '00100', 7), ('1-Year', '37', '00200', 5), "
                    "('1-Year', '45', '00100', 3), ('1-Year', '37', NULL, 2), ('1-Year', '72', '00100', 4)) "
                    "AS t(sample, statefip, puma, records)")  # fmt: skip
        query = (checks.FOLDER / "pumas_are_in_crosswalk.sql").read_text(encoding="utf-8")
        assert con.execute(query).fetchall() == [("1-Year", dropped, pumas)]


def counties(first, number, values):
    """So many counties from ``first`` on, the first of them with so many values."""
    return {f"{int(first) + place:05}": place + 1.0 if place < values else None for place in range(number)}


@pytest.fixture
def told():
    """What a check tells of a table beside another one; both GEOID -> value."""
    compared_with = {"values_are_kept": checks.LAST_GOOD, "values_are_kept_in_areas": checks.LAST_OF_METHOD}

    def run(check, now, then, subgroup="All"):
        with duckdb.connect() as con:
            create_macros(con, checks.macro_paths())
            for name, values in (("metric_table", now), (compared_with.get(check, checks.OTHER_YEARS), then)):
                con.execute(
                    f"CREATE TABLE {name} AS SELECT 'share' AS measure, 'all' AS subgroup_type, ? AS subgroup, "
                    "2021::SMALLINT AS year, unnest(?::VARCHAR[]) AS geoid, unnest(?::DOUBLE[]) AS value",
                    [subgroup, list(values), list(values.values())],
                )
            return con.execute((checks.FOLDER / f"{check}.sql").read_text(encoding="utf-8")).fetchall()

    return run


@pytest.mark.parametrize(
    ("now", "then", "broken"),
    [
        # 30 values are enough to tell, of a state with one as of any other
        (counties("37001", 29, 13) | counties("36001", 1, 1), counties("37001", 29, 29) | counties("36001", 1, 1), True),
        (counties("37001", 29, 14) | counties("36001", 1, 1), counties("37001", 29, 29) | counties("36001", 1, 1), False),
        (counties("37001", 28, 13) | counties("36001", 1, 1), counties("37001", 28, 28) | counties("36001", 1, 1), False),
        # A state without any value in one of the years does not count, nor make up for another
        (counties("37001", 40, 40) | counties("36001", 60, 0), counties("37001", 40, 40) | counties("36001", 60, 60), False),
        (counties("37001", 40, 10) | counties("36001", 60, 60), counties("37001", 40, 40) | counties("36001", 60, 0), True),
        # Counties of one state count together
        (counties("37001", 18, 18) | counties("37101", 22, 0), counties("37001", 18, 18) | counties("37101", 22, 22), True),
    ],
)  # fmt: skip
def test_half_of_the_values_of_other_years_in_states_with_values(told, now, then, broken):
    assert bool(told("coverage_as_other_years", now, then)) == broken


@pytest.mark.parametrize(
    ("now", "then", "broken"),
    [
        (counties("37001", 30, 14), counties("37001", 30, 30), True),
        (counties("37001", 30, 15), counties("37001", 30, 30), False),
        (counties("37001", 29, 14), counties("37001", 29, 29), False),
        # A state loses its only value, a part of a state all it has, a state had none
        (counties("37001", 40, 40) | counties("36001", 1, 0), counties("37001", 40, 40) | counties("36001", 1, 1), True),
        (counties("37001", 35, 35) | counties("37101", 5, 0), counties("37001", 35, 35) | counties("37101", 5, 5), False),
        (counties("37001", 40, 40) | counties("36001", 1, 0), counties("37001", 40, 40) | counties("36001", 1, 0), False),
    ],
)  # fmt: skip
def test_a_state_keeps_a_value_and_a_label_half_of_them(told, now, then, broken):
    assert bool(told("values_are_kept", now, then)) == broken


@pytest.mark.parametrize(("number", "now", "told_too"), [(30, 0, True), (29, 0, False), (30, 1, False)])
def test_the_groups_of_a_state_are_told_beside_the_state_where_they_were_many(told, number, now, told_too):
    """A whole state that lost them all is told in any case, by itself."""
    there, before = counties("37001", 40, 40), counties("36001", number, number)
    found = told("values_are_kept", there | counties("36001", number, now), there | before, "White")
    lost = [("share", None, "all but All", "36", number, 0)] if told_too else []
    assert [row for row in found if row[2] == "all but All"] == lost
    assert not [row for row in told("values_are_kept", there, there | before) if row[2] == "all but All"]


@pytest.mark.parametrize(("before", "now", "broken"), [(0, 0, False), (1, 0, True), (2, 0, True), (2, 2, False)])
def test_an_area_keeps_its_values(told, before, now, broken):
    assert bool(told("values_are_kept_in_areas", counties("37001", 2, now), counties("37001", 2, before))) == broken


@pytest.mark.parametrize(
    ("number", "missing", "equal", "broken"),
    [(30, 0, 15, False), (30, 0, 16, True), (29, 0, 29, False), (30, 1, 29, False), (31, 1, 16, True), (60, 40, 20, False)],
)  # fmt: skip
def test_more_than_half_of_the_values_are_those_of_another_year(told, number, missing, equal, broken):
    now = counties("37001", number, number - missing)
    then = {geoid: value if place < equal else 0.5 for place, (geoid, value) in enumerate(now.items())}
    assert bool(told("values_differ_from_other_years", now, then)) == broken
    assert bool(told("values_differ_from_other_years", then, now)) == broken


def test_how_many_values_are_those_of_another_year(told):
    now = counties("37001", 30, 30)
    then = {geoid: value if value <= 20 else 0.5 for geoid, value in now.items()}
    assert told("values_differ_from_other_years", now, then) == [("share", "all", "All", 2021, 30, 20)]


def test_every_check_of_one_table_is_tried_here():
    tried = {check for check, *_ in test_a_row_breaks_the_rule_or_not.pytestmark[0].args[1]}
    reads = {check: sqlfile.read(checks.FOLDER / f"{check}.sql").statement.reads for check in checks.names()}
    assert tried == {check for check in reads if reads[check] <= {"metric_table", "measures", "declared_subgroups"}}
