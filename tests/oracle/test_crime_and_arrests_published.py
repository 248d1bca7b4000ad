"""Reported crime and juvenile arrests: the quality rule on the derived tables of 2021, and what the published files show.

No NIBRS file is at hand. The derived tables are of the publisher's round of 2024; the published rates are newer.
"""

import duckdb
import pytest

from pipeline import settings

CRIME = "rates_crime_county_all.csv.gz"
ARRESTS = "rate_arrests_county_all_subgroup.csv.gz"


@pytest.fixture
def con():
    opened = duckdb.connect()
    opened.execute((settings.SQL / "macros/reporting.sql").read_text(encoding="utf-8"))
    return opened


def derived(shared, name: str) -> str:
    return f"read_csv('{shared}/raw/nibrs-derived/{name}', all_varchar = true, nullstr = 'NA')"


def test_the_quality_rule_of_crime_on_the_derived_table_of_2021(con, shared):
    found = con.execute(f"""
        SELECT count(*), count(*) FILTER (
            reporting_quality(agencies_reporting::DOUBLE, core_reporting::DOUBLE) IS DISTINCT FROM crime_rate_quality::INT)
        FROM {derived(shared, "2021_crime_rate_county.csv")}""").fetchone()
    assert found == (3143, 0)


def test_the_quality_rule_of_arrests_on_the_derived_table_of_2021(con, shared):
    """The three others had a quality with fewer than 30 residents in that round; today they have none."""
    table = derived(shared, "2021_juv_arrest_rate_county.csv")
    quality = "CASE WHEN age_1017::INT >= 30 THEN reporting_quality(agencies_reporting::DOUBLE, core_reporting::DOUBLE) END"
    different = con.execute(
        f"SELECT state || county FROM {table} WHERE {quality} IS DISTINCT FROM juv_arrest_rate_quality::INT ORDER BY ALL"
    ).fetchall()
    assert [geoid for (geoid,) in different] == ["31007", "48261", "48301"]
    assert con.execute(f"SELECT count(*) FROM {table}").fetchone() == (3143,)


def test_published_crimes_of_2021_add_up_to_whole_numbers(con, shared, published):
    """Rates times residents: the parts of agencies with several counties add up to whole offenses over the nation."""
    found = con.execute(f"""
        SELECT sum(rate_crime_violent::DOUBLE * total_people::DOUBLE / 100000),
               sum(rate_crime_property::DOUBLE * total_people::DOUBLE / 100000)
        FROM {published(CRIME)} AS p JOIN {derived(shared, "2021_crime_rate_county.csv")} AS d USING (year, state, county)
        """).fetchone()
    assert found == (pytest.approx(2679796, abs=1e-3), pytest.approx(7078195, abs=1e-3))


def test_published_crime_rows_flags_and_values_taken_back_by_hand(con, real_geography, published):
    universe = real_geography.table("geography/county_universe")
    rows = con.execute(f"""
        SELECT count(*), count(p.geoid), count(u.geoid)
        FROM (SELECT year::INT AS year, state || county AS geoid FROM {published(CRIME)}) AS p
        FULL JOIN (FROM {universe} WHERE year BETWEEN 2021 AND 2023) AS u USING (year, geoid)""").fetchone()
    assert rows == (9431, 9431, 9431)
    flags = con.execute(f"""
        SELECT count(*) FILTER ((rate_crime_violent IS NULL) <> (rate_crime_violent_quality IS NULL)
                                OR (rate_crime_property IS NULL) <> (rate_crime_property_quality IS NULL)),
               count(*) FILTER (rate_crime_violent_quality IS DISTINCT FROM rate_crime_property_quality)
        FROM {published(CRIME)}""").fetchone()
    assert flags == (0, 0)
    texts = f"{settings.BUNDLED}/urban_manual_suppressions/suppressions.csv"
    taken_back = con.execute(f"""
        SELECT count(*), count(rate_crime_violent), count(rate_crime_violent_quality)
        FROM {published(CRIME)} AS p
        JOIN (FROM read_csv('{texts}', all_varchar = true) WHERE metric = 'reported-crime' AND what = 'value') AS s
          ON s.geoid = state || county AND coalesce(s.year, p.year) = p.year""").fetchone()
    assert taken_back == (4, 0, 0)


def test_published_arrests_of_2021_add_up_to_whole_numbers_and_follow_the_rule_of_thirty(con, shared, published):
    pairs = "('All', 'all'), ('White', 'white'), ('Black', 'black'), ('Other Races and Ethnicities', 'asian_other'), ('Hispanic', 'hispanic')"
    found = con.execute(f"""
        SELECT p.subgroup, sum(rate_juv_arrest::DOUBLE * age_1017::DOUBLE / 100000),
               count(rate_juv_arrest) FILTER (age_1017::INT < 30),
               count(*) FILTER ((rate_juv_arrest IS NULL) <> (rate_juv_arrest_quality IS NULL))
        FROM {published(ARRESTS)} AS p
        JOIN (VALUES {pairs}) AS pairs(subgroup, name) USING (subgroup)
        JOIN {derived(shared, "2021_juv_arrest_rate_county_subgroup.csv")} AS d
          ON d.subgroup = name AND d.year = p.year AND d.state = p.state AND d.county = p.county
        GROUP BY ALL""").fetchall()
    sums = {subgroup: total for subgroup, total, _, _ in found}
    assert sums["All"] == pytest.approx(300336, abs=1e-3)
    assert sums["White"] == pytest.approx(178437, abs=1e-3)
    assert sums["Other Races and Ethnicities"] == pytest.approx(11394, abs=1e-3)
    assert {row[2:] for row in found} == {(0, 0)}
