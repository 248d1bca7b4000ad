"""Debt in collections against the published files: 2023 from the real workbooks, 2018 and 2022 by what their files hold.

The shares of 2018 and 2022 are read from the publisher's own final files, which are all that is at hand: comparing them
with the published shares would prove nothing. What can be compared are flags, rows and identities.
"""

import gzip
import shutil

import duckdb
import pytest

from conftest import Built

LABELS = "CASE subgroup WHEN 'Majority White' THEN 'White neighborhoods' WHEN 'Majority Non-White' THEN 'Neighborhoods of color' ELSE subgroup END"


@pytest.fixture(scope="module")
def built(shared, tmp_path_factory) -> Built:
    """The three county years: the real workbooks of 2023, the publisher's final files of 2018 and 2022."""
    folder = tmp_path_factory.mktemp("debt")
    raw = folder / "raw"
    shutil.copytree(shared / "raw/debt-in-america", raw / "debt-in-america")
    (raw / "urban-population").symlink_to(shared / "raw/urban-population")
    for name in ("share_debt_2018_long.csv", "county-debt-coll-shares-2022.csv"):
        with gzip.open(shared / "published" / f"{name}.gz") as packed:
            (raw / "debt-in-america" / name).write_bytes(packed.read())
    return Built(raw, folder / "store", ("debt-in-collections",))


@pytest.mark.parametrize(
    ("measure", "file"),
    [
        ("share_debt_coll", "metrics_overall_debt_coll_race_ethnicity_county_2023.csv.gz"),
        ("share_medical_debt_coll", "metrics_medical_debt_coll_race_ethnicity_county_2023.csv.gz"),
    ],
)
def test_2023_equals_published(built, published, measure, file):
    found = duckdb.sql(f"""
        SELECT count(*), count(value), count(*) FILTER ({measure}::DOUBLE IS DISTINCT FROM value),
               count(*) FILTER ({measure}_quality::INT IS DISTINCT FROM quality), count(*) FILTER (o.geoid IS NULL)
        FROM (SELECT *, lpad(state, 2, '0') || lpad(county, 3, '0') AS geoid, {LABELS} AS label FROM {published(file)}) AS p
        LEFT JOIN (FROM {built.metric("debt-in-collections", 2023)} WHERE measure = '{measure}') AS o
          ON o.geoid = p.geoid AND o.subgroup = p.label""").fetchone()
    assert found == (9429, 6817, 0, 0, 0)


@pytest.mark.parametrize(
    ("measure", "file"),
    [
        ("share_debt_coll", "metrics_overall_debt_coll_all_county_2023.csv.gz"),
        ("share_medical_debt_coll", "metrics_medical_debt_coll_all_county_2023.csv.gz"),
    ],
)
def test_2023_overall_file(built, published, measure, file):
    found = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (({measure}::DOUBLE, {measure}_quality::INT) IS DISTINCT FROM (value, quality::INT))
        FROM {published(file)} AS p
        LEFT JOIN (FROM {built.metric("debt-in-collections", 2023)} WHERE measure = '{measure}' AND subgroup = 'All') AS o
          ON o.geoid = lpad(state, 2, '0') || lpad(county, 3, '0')""").fetchone()
    assert found == (3143, 0)


def test_2022_flags_and_rows(built, published):
    """Every row of the file has its flag; the county list has 16 counties more, without data and flag."""
    table = built.metric("debt-in-collections", 2022)
    found = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (share_debt_coll_quality::INT IS DISTINCT FROM quality),
               count(*) FILTER (quality = 3 AND o.subgroup = 'All')
        FROM {published("county-debt-coll-shares-2022.csv.gz", missing="")} AS p
        LEFT JOIN {table} AS o ON geoid = state || county AND o.subgroup = {LABELS.replace("subgroup", "p.subgroup")}
        """).fetchone()
    assert found == (9411, 0, 78)
    without = f"SELECT count(*), count(quality) FROM {table} WHERE note = 'not in the source' AND subgroup = 'All'"
    assert duckdb.sql(without).fetchone() == (16, 0)


def test_2018_overall_flags_are_those_of_the_wide_file_and_neighborhoods_those_of_the_long_file(built, published):
    table = built.metric("debt-in-collections", 2018)
    wide = duckdb.sql(f"""
        SELECT count(*), count(value),
               count(*) FILTER ((abs(share_debt_coll::DOUBLE - value) > 1e-7, share_debt_coll_quality::INT)
                                IS DISTINCT FROM (CASE WHEN value IS NOT NULL THEN false END, quality::INT)),
               count(*) FILTER (abs(share_debt_coll_lb::DOUBLE - lower) > 1e-7 OR abs(share_debt_coll_ub::DOUBLE - upper) > 1e-7)
        FROM {published("share_debt_2018.csv.gz")} JOIN (FROM {table} WHERE subgroup = 'All') ON geoid = state || county
        """).fetchone()
    assert wide == (3142, 2945, 0, 0)
    long = duckdb.sql(f"""
        SELECT count(*), count(value), count(*) FILTER (share_debt_coll_quality::INT IS DISTINCT FROM quality)
        FROM {published("share_debt_2018_long.csv.gz", missing="")} AS p
        JOIN {table} AS o ON geoid = state || county AND o.subgroup = {LABELS.replace("subgroup", "p.subgroup")}
        WHERE p.subgroup <> 'All'""").fetchone()
    assert long == (6284, 511 + 2649, 0)


def test_2018_bounds_come_from_whole_numbers_of_fifty_records_or_more(built):
    """p +- 1.96 se with se of the mean over n - 1: n = p (1 - p) / se^2 + 1 is a whole number, to the seven digits at hand."""
    found = duckdb.sql(f"""
        SELECT count(*), min(round(n)), max(abs(n - round(n))) FILTER (n < 200),
               count(*) FILTER (abs((upper - value) - (value - lower)) > 3e-7)
        FROM (SELECT *, value * (1 - value) / ((upper - value) / 1.96) ** 2 + 1 AS n
              FROM {built.metric("debt-in-collections", 2018)} WHERE value > 0)""").fetchone()
    assert found == (6105, 50, pytest.approx(0, abs=0.01), 2)  # the lower bounds of 38011 are cut at 0


def test_the_release_shows_no_flag_without_value_by_neighborhood(built, shared):
    """Counts of published flags (card, section 9): file 11 keeps the 78 of 2022, file 13 none."""
    rows = " UNION ALL ".join(f"FROM {built.metric('debt-in-collections', year)}" for year in (2018, 2022, 2023))
    universe = built.table("geography/county_universe")
    found = duckdb.sql(f"""
        SELECT measure, count(*) FILTER (quality = 1 AND subgroup = 'All'), count(*) FILTER (quality = 3 AND subgroup = 'All'),
               count(*) FILTER (value IS NOT NULL AND subgroup <> 'All')
        FROM ({rows}) SEMI JOIN {universe} USING (year, geoid) GROUP BY measure ORDER BY measure""").fetchall()
    assert found == [("share_debt_coll", 9050, 78, 10271), ("share_medical_debt_coll", 3055, 0, 3742)]
