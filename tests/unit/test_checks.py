"""Every check of a metric table can fail, and names what breaks it."""

import duckdb
import pytest

from pipeline import checks
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
