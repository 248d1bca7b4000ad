"""Metrics of real microdata equal the published values: Wyoming 2018 and 2021 (Census), Illinois 2018 (IPUMS)."""

from __future__ import annotations

import duckdb
import pytest

from pipeline.plan import sqlfile
from pipeline.run.session import session


@pytest.fixture(scope="session")
def census(build_store, shared, tmp_path_factory):
    """Metrics of the Census Bureau's own files (persons of Wyoming; seven states of 2024)."""
    slugs = ("employment", "income-percentiles", "housing-wealth")
    return build_store(shared / "raw", tmp_path_factory.mktemp("census"), slugs)


@pytest.fixture(scope="session")
def ipums(build_store, shared, tmp_path_factory):
    """Metrics of the IPUMS extract of Illinois 2018, which has no replicate weights and no house values."""
    slugs = ("employment", "income-percentiles", "housing-wealth")
    return build_store(shared / "raw", tmp_path_factory.mktemp("ipums"), slugs, provider="ipums")


def compare(store, published, slug, year, state, file, measure):
    """Counts: counties, values, NULL in one only, quality differs; largest difference of value, lower, upper."""
    return duckdb.sql(f"""
        SELECT count(*), count(value), count(*) FILTER ((value IS NULL) <> (p.{measure} IS NULL)),
               count(*) FILTER (o.quality IS DISTINCT FROM p.{measure}_quality::INT),
               max(abs(value - p.{measure}::DOUBLE)), max(abs(lower - p.{measure}_lb::DOUBLE)),
               max(abs(upper - p.{measure}_ub::DOUBLE))
        FROM (FROM {published(file)} WHERE year = '{year}' AND state = '{state}') AS p
        LEFT JOIN (FROM {store.metric(slug, year)}
                   WHERE subgroup_type = 'all' AND measure = '{measure}') AS o ON p.state || p.county = o.geoid""").fetchone()


@pytest.mark.parametrize("year", [2018, 2021])
def test_employment_of_wyoming_equals_published_with_bounds(census, published, year):
    file = "metrics_employment_county_all_longitudinal.csv.gz"
    counties, values, nulls, qualities, *differences = compare(
        census, published, "employment", year, "56", file, "share_employed"
    )
    assert (counties, values, nulls, qualities) == (23, 16, 0, 0)
    assert max(differences) <= 1e-9


@pytest.mark.parametrize("year", [2018, 2021])
def test_states_without_a_file_say_so(census, year):
    notes = duckdb.sql(f"""
        SELECT note, count(*), count(DISTINCT substr(geoid, 1, 2))
        FROM {census.table(f"metrics/employment/county/{year}")} WHERE subgroup_type = 'all' AND substr(geoid, 1, 2) <> '56'
        GROUP BY note""").fetchall()
    assert notes == [("no input for state", 3120, 50)]


def test_employment_of_illinois_equals_published(ipums, published):
    file = "metrics_employment_county_all_longitudinal.csv.gz"
    found = compare(ipums, published, "employment", 2018, "17", file, "share_employed")
    assert found[:4] == (102, 96, 0, 0)
    assert found[4] <= 1e-9
    assert found[5:] == (None, None), "the extract has no replicate weights, hence no bounds"


def test_states_of_two_providers_lie_in_one_table_of_its_own(census, ipums, build_store, shared, tmp_path):
    """Illinois from IPUMS, all else from the Census Bureau: each state's rows are those of its provider alone."""
    raw, store = shared / "raw", tmp_path / "store"
    built = build_store(raw, store, ("employment",), (2018,), provider="census,ipums.17")
    relation = built.metric("employment", 2018)
    assert "provider=census,ipums.17/metrics" in relation
    for alone, states in ((ipums, "= '17'"), (census, "<> '17'")):
        rows = f"WHERE substr(geoid, 1, 2) {states} AND subgroup_type = 'all'"
        both = duckdb.sql(
            f"(FROM {relation} {rows} EXCEPT ALL FROM {alone.metric('employment', 2018)} {rows}) UNION ALL "
            f"(FROM {alone.metric('employment', 2018)} {rows} EXCEPT ALL FROM {relation} {rows})"
        )
        assert both.fetchall() == []
    values = duckdb.sql(f"SELECT substr(geoid, 1, 2), count(value) FROM {relation} GROUP BY 1 HAVING count(value) > 0")
    assert sorted(values.fetchall()) == [("17", 96), ("56", 16)]


@pytest.mark.parametrize("percentile", [20, 50, 80])
def test_income_percentiles_of_illinois_equal_published(ipums, published, percentile):
    file, measure = "metrics_income_county_all_longitudinal.csv.gz", f"pctl_income_{percentile}"
    found = compare(ipums, published, "income-percentiles", 2018, "17", file, measure)
    assert found[:4] == (102, 100, 0, 0)
    assert found[4] <= 1e-6


@pytest.mark.parametrize(
    ("race", "values"), [("black_nh", 81), ("hispanic", 102), ("other_nh", 102), ("white_nh", 102)]
)
@pytest.mark.parametrize("county_of", ["IPUMS", "crosswalk"])
def test_shares_of_households_of_illinois_equal_published(ipums, published, race, values, county_of):
    """The second number of the published pair; the first needs house values, which the extract lacks.

    The county of a household as IPUMS gives it (COUNTYFIP), and as it is derived from the crosswalk.
    """
    step, sums = ipums.plan.metric("housing-wealth", 2018, "county"), ipums.plan.sums("housing-wealth", 2018)
    queries = dict(step.queries)
    query = sqlfile.read(queries["estimate"]).up_to(
        "shares",
        f"SELECT geoid, share_households FROM shares WHERE subgroup_type = 'all' AND race_ethnicity = '{race}'",
    )
    with session(sums, ipums.workspace) as opened:
        own = opened.con.execute("FROM result").fetch_arrow_table()
    with session(step, ipums.workspace, queries=False) as opened:
        con = opened.con
        if county_of == "crosswalk":
            con.register("own_sums", own)
            con.execute("CREATE TEMP TABLE no_county AS SELECT * REPLACE (NULL::VARCHAR AS countyfip) FROM own_sums")
            con.execute("CREATE OR REPLACE TEMP VIEW sums AS FROM no_county")
        opened.define("assigned", queries["assigned"])
        con.execute(f"CREATE TEMP TABLE shares_of_race AS {query}")
        measure = f"ratio_{race}_house_value_households"
        found = con.execute(f"""
            SELECT count({measure}), count(*) FILTER (split_part({measure}, ':', 2)
                                                      = printf('%.3f', round_even(share_households, 3)))
            FROM {published("households_house_value_race_ethnicity_all_county.csv.gz")} AS p
            LEFT JOIN shares_of_race ON geoid = state || county WHERE year = '2018' AND state = '17'""").fetchone()
    assert found == (values, values)


def test_counties_derived_from_the_crosswalk_are_those_of_ipums(ipums):
    """The 71 of 88 PUMAs of Illinois that IPUMS gives a county, and no other; Connecticut's regions but 110 and 150."""
    ipums_pumas, derived, equal = duckdb.sql(f"""
        SELECT count(staged.countyfip), count(identified.countyfip), count(*) FILTER (staged.countyfip = identified.countyfip)
        FROM (SELECT DISTINCT statefip, puma, nullif(countyfip, '000') AS countyfip
              FROM {ipums.table("provider=ipums/staged/acs_household/2018_1-Year/*")}) AS staged
        LEFT JOIN (FROM {ipums.table("geography/identified_county")} WHERE crosswalk_period = 'pre-2022') AS identified
        USING (statefip, puma)""").fetchone()
    assert ipums_pumas == derived == equal == 71
    regions = duckdb.sql(f"""
        SELECT list(DISTINCT countyfip ORDER BY countyfip) FROM {ipums.table("geography/identified_county")}
        WHERE crosswalk_period = '2022' AND statefip = '09'""").fetchone()[0]
    assert regions == ["120", "130", "140", "160", "170", "180", "190"]


@pytest.mark.parametrize(
    ("slug", "measure"), [("employment", "share_employed"), ("income-percentiles", "pctl_income_50")]
)
def test_seven_states_of_2024_give_values_without_bounds(census, slug, measure):
    states, low, high, bounds, notes = duckdb.sql(f"""
        SELECT list(DISTINCT substr(geoid, 1, 2) ORDER BY substr(geoid, 1, 2)), min(value), max(value),
               count(lower) + count(upper) + count(standard_error), list(DISTINCT note)
        FROM {census.table(f"metrics/{slug}/county/2024")} WHERE measure = '{measure}' AND value IS NOT NULL""").fetchone()
    assert states == ["02", "10", "11", "38", "44", "50", "56"]
    assert (0.5 < low < high < 1) if slug == "employment" else (30000 < low < high < 150000)
    assert (bounds, notes) == (0, ["no replicate weights"])
