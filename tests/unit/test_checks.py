"""Every check of a metric table can fail, and names what breaks it."""

import duckdb
import pytest

from pipeline import checks
from pipeline.plan import sqlfile
from pipeline.run.session import create_macros


@pytest.fixture(scope="module")
def built(build_store, pristine_sample, tmp_path_factory):
    return build_store(pristine_sample, tmp_path_factory.mktemp("checks"), ("living-wage",), (2022,))


@pytest.fixture
def change(built):
    """Names of the checks that fail after a change of the table of 2022."""

    def run(select):
        with duckdb.connect() as con:
            create_macros(con, checks.macro_paths())
            table = built.table("metrics/living-wage/county/2022")
            con.execute(f"CREATE TABLE changed AS {select.format(table=table)}")
            skipped = (checks.CROSSWALK,)
            results = checks.check_metric(con, built.plan.catalog, "living-wage", 2022, "changed", skipped)
        return {result.name for result in results if not result.passed}

    return run


@pytest.mark.parametrize(
    ("select", "broken"),
    [
        ("SELECT * FROM {table}", set()),
        (
            "SELECT * FROM {table} UNION ALL (FROM {table} LIMIT 1)",
            {"keys_are_unique", "rows_are_complete"},
        ),
        ("SELECT * REPLACE (substr(geoid, 2) AS geoid) FROM {table}", {"fips_lengths"}),
        (
            "SELECT * REPLACE (CASE WHEN quality = 1 THEN 4 ELSE quality END AS quality) FROM {table}",
            {"quality_is_1_2_3"},
        ),
        ("SELECT * REPLACE (1 AS quality) FROM {table}", {"no_quality_without_value"}),
        ("SELECT * REPLACE (value + 1 AS lower) FROM {table}", {"bounds_are_ordered"}),
        ("SELECT * REPLACE (0 AS lower) FROM {table}", {"no_bounds_without_value"}),
        ("SELECT * REPLACE (NULL AS note) FROM {table}", {"missing_value_says_why"}),
        ("SELECT * REPLACE ('inf'::DOUBLE AS value) FROM {table} WHERE value IS NOT NULL", {"values_are_finite"}),
        ("SELECT * REPLACE (value * 100 AS value) FROM {table}", {"values_in_range"}),
        (
            "SELECT * REPLACE (CASE WHEN subgroup = 'All' THEN subgroup ELSE 'Mining' END AS subgroup) FROM {table}",
            {"subgroups_are_declared"},
        ),
        ("SELECT * REPLACE ('share' AS measure) FROM {table}", {"measures_are_declared"}),
        (
            "SELECT * FROM {table} WHERE NOT (geoid = '37067' AND subgroup = 'Goods Producing')",
            {"rows_are_complete"},
        ),
    ],
)
def test_a_broken_rule_is_found(change, select, broken):
    assert broken <= change(select)
    assert broken or not change(select)


def of_years(con, name, *rows):
    """A relation in the shape of a metric table: (year, county, value) of one measure and label, 40 counties each."""
    values = ", ".join(f"({year}, '{state}' || lpad(i::VARCHAR, 3, '0'), {value})" for year, state, value in rows)
    columns = "'m' AS measure, 'all' AS subgroup_type, 'All' AS subgroup, year::SMALLINT AS year, geoid, value::DOUBLE AS value"
    con.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM range(40) AS numbers(i), "
        f"LATERAL (VALUES {values}) AS t(year, geoid, value)"
    )


@pytest.mark.parametrize(
    ("check", "now", "then", "broken"),
    [
        ("coverage_as_other_years", [(2022, "37", "CASE WHEN i < 20 THEN 1 END")], [(2021, "37", "1")], False),
        ("coverage_as_other_years", [(2022, "37", "CASE WHEN i < 19 THEN 1 END")], [(2021, "37", "1")], True),
        # A state without any value this year has no input, which is told elsewhere
        ("coverage_as_other_years", [(2022, "37", "NULL")], [(2021, "37", "1")], False),
        # Fewer than 30 values say nothing
        (
            "coverage_as_other_years",
            [(2022, "37", "CASE WHEN i < 3 THEN 1 END")],
            [(2021, "37", "CASE WHEN i < 29 THEN 1 END")],
            False,
        ),
        (
            "values_differ_from_other_years",
            [(2022, "37", "i")],
            [(2021, "37", "CASE WHEN i < 20 THEN i ELSE 99 END")],
            False,
        ),
        (
            "values_differ_from_other_years",
            [(2022, "37", "i")],
            [(2021, "37", "CASE WHEN i < 21 THEN i ELSE 99 END")],
            True,
        ),
        ("values_differ_from_other_years", [(2022, "37", "i")], [(2021, "37", "CASE WHEN i < 29 THEN i END")], False),
        ("values_are_kept", [(2022, "37", "CASE WHEN i < 20 THEN 1 END")], [(2022, "37", "2")], False),
        ("values_are_kept", [(2022, "37", "CASE WHEN i < 19 THEN 1 END")], [(2022, "37", "2")], True),
        (
            "values_are_kept",
            [(2022, "37", "1"), (2022, "13", "NULL")],
            [(2022, "37", "1"), (2022, "13", "CASE i WHEN 1 THEN 1 END")],
            True,
        ),
        ("values_are_kept", [(2022, "37", "1")], [(2022, "37", "1"), (2022, "13", "CASE i WHEN 1 THEN 1 END")], True),
        ("values_are_kept_in_areas", [(2022, "37", "1")], [(2022, "37", "CASE WHEN i > 0 THEN 2 END")], False),
        ("values_are_kept_in_areas", [(2022, "37", "CASE WHEN i > 0 THEN 1 END")], [(2022, "37", "2")], True),
        (
            "values_are_kept_in_areas",
            [(2022, "37", "1")],
            [(2022, "37", "1"), (2022, "13", "CASE i WHEN 1 THEN 1 END")],
            True,
        ),
    ],
)
def test_a_table_is_compared_with_its_neighbours(check, now, then, broken):
    with duckdb.connect() as con:
        create_macros(con, checks.macro_paths())
        of_years(con, "metric_table", *now)
        compared = {"values_are_kept": checks.LAST_GOOD, "values_are_kept_in_areas": checks.LAST_OF_METHOD}
        of_years(con, compared.get(check, checks.OTHER_YEARS), *then)
        found = con.execute(sqlfile.read(checks.FOLDER / f"{check}.sql").text).fetchall()
    assert bool(found) is broken


def test_a_failed_check_names_the_first_rows(built):
    with duckdb.connect() as con:
        create_macros(con, checks.macro_paths())
        table = built.table("metrics/living-wage/county/2022")
        con.execute(f"CREATE TABLE changed AS SELECT * REPLACE (value * 100 AS value) FROM {table}")
        results = checks.check_metric(con, built.plan.catalog, "living-wage", 2022, "changed", (checks.CROSSWALK,))
    found = next(result for result in results if result.name == "values_in_range")
    assert (
        "measure ratio_living_wage" in found.found and "highest 6.5" in found.found and found.rule.startswith("Values")
    )
