"""Air quality index: EPA's workbooks are not at hand; the published file against the index of an earlier calculation (card
environmental-quality, section 12).
"""

import duckdb
import pytest

DERIVED = "raw/epa-airtoxscreen-derived/EnvHazIdx2.csv.gz"


@pytest.fixture(scope="module")
def built(shared, build_store, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("environment"), ("environmental-quality",), (2018,))


def test_the_derived_index_has_no_tract_of_connecticut(built):
    """The only state whose residents of 2018 are at hand is not in it, so nothing is computed from it."""
    table = built.metric("environmental-quality", 2018)
    rows = duckdb.sql(f"SELECT list(DISTINCT note) FROM {table} WHERE geoid[:2] = '09' AND subgroup = 'All'").fetchone()
    assert rows == (["no tract of the area has an index"],)


@pytest.fixture(scope="module")
def tracts(shared):
    """County, number of its tracts, and index of each tract that the derived file has."""
    lists = f"read_csv('{shared}/raw/tract-crosswalks/tract-county-crosswalk_2018.csv.gz', all_varchar = true)"
    derived = f"read_csv('{shared}/{DERIVED}', all_varchar = true, nullstr = 'NA')"
    return f"""(SELECT state || county AS geoid, count(*) OVER (PARTITION BY state, county) AS tracts,
                       d.haz_idx14::DOUBLE AS index_2014, d.haz_idx18::DOUBLE AS index_2018
                FROM {lists} AS l LEFT JOIN {derived} AS d ON d.tract = l.state || l.county || l.tract)"""


@pytest.mark.parametrize(("year", "equal"), [(2014, 160), (2018, 92)])
def test_counties_of_one_tract_have_its_index_within_one(published, tracts, year, equal):
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (difference = 0), max(difference)
        FROM (SELECT abs(index_air_hazard::DOUBLE - index_{year}) AS difference
              FROM (FROM {published("environment_county_longitudinal.csv.gz")} WHERE year = '{year}') AS p
              JOIN {tracts} AS t ON t.geoid = p.state || p.county
              WHERE tracts = 1 AND index_{year} IS NOT NULL AND index_air_hazard IS NOT NULL)""").fetchone()
    assert rows == (210, equal, 1)


@pytest.mark.parametrize("year", [2014, 2018])
def test_counties_lie_between_their_tracts(published, tracts, year):
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (index_air_hazard::DOUBLE NOT BETWEEN lowest - 1 AND highest + 1)
        FROM (FROM {published("environment_county_longitudinal.csv.gz")} WHERE year = '{year}') AS p
        JOIN (SELECT geoid, min(index_{year}) AS lowest, max(index_{year}) AS highest FROM {tracts}
              GROUP BY geoid HAVING count(index_{year}) = count(*)) AS t ON t.geoid = p.state || p.county
        WHERE index_air_hazard IS NOT NULL""").fetchone()
    assert rows == (2490, 0)
