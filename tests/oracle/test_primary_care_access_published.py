"""Residents per physician from County Health Rankings' workbooks against the published file (card, section 12)."""

import duckdb
import pytest

NAME = "ratio_population_pc_physician"


@pytest.fixture(scope="module")
def built(build_store, shared, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("physicians"), ("primary-care-access",))


def counted(built, published, year):
    return duckdb.sql(f"""
        SELECT count(*), count(o.geoid), count(p.state), count(p.{NAME}), count(o.value),
               count(*) FILTER (p.{NAME}::DOUBLE = o.value), count(*) FILTER (p.{NAME}_quality::INT = o.quality),
               list(p.state || p.county ORDER BY 1)
                   FILTER ((p.{NAME}::DOUBLE, p.{NAME}_quality::INT) IS DISTINCT FROM (o.value, o.quality::INT))
        FROM (FROM {published("ratio_pop_pcp_metric_all_county.csv.gz")} WHERE year = '{year}') AS p
        FULL JOIN {built.metric("primary-care-access", year)} AS o ON p.state || p.county = o.geoid""").fetchone()


def test_2019_from_the_publishers_51_workbooks(built, published):
    """2,987 of 2,987 values and flags; the two others have no count in the workbooks."""
    assert counted(built, published, 2019) == (3142, 3142, 3142, 2989, 2987, 2987, 2987, ["29097", "29145"])


@pytest.mark.parametrize(
    ("year", "rows", "values", "lacking"),
    [
        (2014, 3142, 3008, ["46102"]),
        (2015, 3142, 3008, None),
        (2016, 3142, 3007, None),
        (2017, 3142, 2995, None),
        (2018, 3142, 2992, None),
        (2020, 3143, 2996, None),
        (2021, 3144, 2978, None),
    ],
)
def test_other_years_keep_list_residents_and_flags(built, published, year, rows, values, lacking):
    """Physicians are those that the published ratio implies: values are circular, list, NULLs and flags are not."""
    without = len(lacking or [])
    expected = (rows, rows, rows, values, values - without, values - without, values - without, lacking)
    assert counted(built, published, year) == expected
