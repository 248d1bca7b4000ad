"""Every check of a metric table can fail, and names what breaks it."""

import shutil

import duckdb
import pytest

from conftest import Store
from pipeline import checks


@pytest.fixture(scope="module")
def built(pristine_sample, tmp_path_factory):
    return Store(pristine_sample, tmp_path_factory.mktemp("checks"), ("living-wage",))


@pytest.fixture
def change(built, tmp_path):
    """Names of the checks that fail after a change of the table of 2022."""
    step = built.plan.metric("living-wage", 2022, "county")
    kept = tmp_path / "kept.parquet"
    shutil.copyfile(step.output, kept)

    def run(select):
        query = select.format(table=f"read_parquet('{kept}')")
        duckdb.sql(f"COPY ({query}) TO '{step.output}' (FORMAT parquet)")
        return {result.name for result in checks.check_metric(built.plan, step) if not result.passed}

    yield run
    shutil.copyfile(kept, step.output)


@pytest.mark.parametrize(
    ("select", "broken"),
    [
        ("SELECT * FROM {table}", set()),
        (
            "SELECT * FROM {table} UNION ALL (FROM {table} LIMIT 1)",
            {"keys are unique", "every geography has every measure and subgroup"},
        ),
        ("SELECT * REPLACE (substr(geoid, 2) AS geoid) FROM {table}", {"FIPS lengths"}),
        (
            "SELECT * REPLACE (CASE WHEN quality = 1 THEN 4 ELSE quality END AS quality) FROM {table}",
            {"quality is 1, 2, 3 or NULL"},
        ),
        ("SELECT * REPLACE (1 AS quality) FROM {table}", {"no quality without a value"}),
        ("SELECT * REPLACE (value + 1 AS lower) FROM {table}", {"bounds are ordered"}),
        ("SELECT * REPLACE (0 AS lower) FROM {table}", {"no bounds without a value"}),
        ("SELECT * REPLACE (NULL AS note) FROM {table}", {"a missing value says why"}),
        ("SELECT * REPLACE ('inf'::DOUBLE AS value) FROM {table} WHERE value IS NOT NULL", {"values are finite"}),
        ("SELECT * REPLACE (value * 100 AS value) FROM {table}", {"ratio_living_wage within 0 to 6.5"}),
        (
            "SELECT * REPLACE (CASE WHEN subgroup = 'All' THEN subgroup ELSE 'Mining' END AS subgroup) FROM {table}",
            {"subgroups are those of the catalog"},
        ),
        (
            "SELECT * FROM {table} WHERE NOT (geoid = '37067' AND subgroup = 'Goods Producing')",
            {"every geography has every measure and subgroup"},
        ),
    ],
)
def test_a_broken_rule_is_found(change, select, broken):
    assert broken <= change(select)
    assert broken or not change(select)
