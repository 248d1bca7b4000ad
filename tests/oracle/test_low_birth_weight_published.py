"""Share of births below 2,500 grams against the published file (card low-birth-weight, section 12)."""

import duckdb
import pytest

NAME = "rate_low_birth_weight"


@pytest.fixture(scope="module")
def built(build_store, shared, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("births"), ("low-birth-weight",))


@pytest.mark.parametrize("year", range(2016, 2024))
def test_flags_pooling_and_nulls_follow_from_the_implied_births(built, published, year):
    """Births were solved from shares and bounds, which prove nothing; flags, pooling, list and NULLs were not used for them."""
    rows = 3142 if year < 2020 else 3143 if year < 2022 else 3144
    values = rows if year < 2022 else 3135
    assert duckdb.sql(f"""
        SELECT count(*), count(o.geoid), count(p.state), count(p.{NAME}), count(o.value),
               count(*) FILTER (abs(p.{NAME}::DOUBLE - o.value) < 1e-12),
               count(*) FILTER (abs(p.{NAME}_lb::DOUBLE - o.lower) < 1e-12 AND abs(p.{NAME}_ub::DOUBLE - o.upper) < 1e-12),
               count(*) FILTER (p.{NAME}_quality::INT IS NOT DISTINCT FROM o.quality)
        FROM (FROM {published("rate_low_birth_weight_metric_all_county.csv.gz")} WHERE year = '{year}') AS p
        FULL JOIN (FROM {built.metric("low-birth-weight", year)} WHERE subgroup = 'All') AS o
        ON p.state || p.county = o.geoid""").fetchone() == (rows, rows, rows, values, values, values, values, rows)


def test_groups_have_no_input(built):
    assert duckdb.sql(
        f"SELECT DISTINCT value, note = 'no input: ' || subgroup FROM {built.metric('low-birth-weight', 2022)} "
        "WHERE subgroup <> 'All' AND geoid NOT LIKE '09%'"
    ).fetchall() == [(None, True)]


@pytest.mark.parametrize("year", [2018, 2020, 2022])
def test_shares_equal_those_of_an_earlier_program(built, published, year):
    """The files of earlier rounds, made by another program from the exports themselves: all shares to 1e-8."""
    name = "rate_low_birth_weight" if year == 2022 else "lbw"
    rows = {2018: 3142, 2020: 3143, 2022: 3135}[year]
    found = duckdb.sql(f"""
        SELECT count(o.value), count(*) FILTER (abs(TRY_CAST(p.{name} AS DOUBLE) - o.value) < 1e-8)
        FROM (FROM {published(f"neonatal_health_subgroup_{year}.csv.gz")} WHERE subgroup = 'All') AS p
        JOIN (FROM {built.metric("low-birth-weight", year)} WHERE subgroup = 'All') AS o
        ON lpad(p.state, 2, '0') || lpad(p.county, 3, '0') = o.geoid""").fetchone()
    assert found == (rows, rows)
