"""Economic inclusion from real tract tables against the published county files (card economic-inclusion, section 12)."""

import duckdb
import pytest
from published_cells import compared


@pytest.fixture(scope="module")
def built(shared, build_store, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("economic-inclusion"), ("economic-inclusion",))


# C17002 stands in for B17001: estimates without a margin of their sum, so no quality; no table by race is at hand.
@pytest.mark.parametrize(("year", "areas"), [(2018, 8), (2023, 9)])
def test_overall_values_of_connecticut_equal_published(built, published, year, areas):
    table = built.metric("economic-inclusion", year)
    theirs = published("poverty-exposure_county.csv.gz")
    cell = compared(table, theirs, year, ("09",), ["share_poverty_exposure"])["share_poverty_exposure"]
    assert (cell["cells"], cell["lacking"], cell["values"], cell["nulls_differ"]) == (areas, 0, areas, 0)
    assert cell["difference"] < 1e-15
    assert cell["qualities_differ"] == areas
    notes = duckdb.sql(
        f"SELECT subgroup, list(DISTINCT note) FROM {table} WHERE geoid[:2] = '09' GROUP BY 1"
    ).fetchall()
    assert dict(notes) == {
        "All": ["no quality: no margin of error in the input"],
        "Black": ["no input: table B17001B"],
        "Hispanic": ["no input: table B17001I"],
        "Other Races and Ethnicities": ["no input: table B17001C, B17001D, B17001E, B17001F, B17001G"],
        "White, Non-Hispanic": ["no input: table B17001H"],
    }


# -- Identities that the card verified, on the published files ----------------------------------------


def test_the_overall_file_has_the_rows_for_all_of_the_subgroup_file(published):
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER ((a.share_poverty_exposure, a.share_poverty_exposure_quality) IS DISTINCT FROM
                                          (b.share_poverty_exposure, b.share_poverty_exposure_quality))
        FROM {published("poverty-exposure_county.csv.gz")} AS a
        JOIN (FROM {published("poverty-exposure_race-ethnicity_county.csv.gz")} WHERE subgroup = 'All') AS b
        USING (year, state, county)""").fetchone()
    assert rows == (15713, 0)


def test_single_tract_counties_have_0_or_1_or_nothing(real_geography, published):
    lists = real_geography.table("geography/tract_to_county")
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (share_poverty_exposure::DOUBLE NOT IN (0, 1))
        FROM {published("poverty-exposure_county.csv.gz")}
        WHERE year >= '2016' AND (CASE WHEN year < '2020' THEN 2018 WHEN year < '2022' THEN 2020 ELSE 2022 END, state || county) IN (
            SELECT (year, geoid) FROM {lists} GROUP BY ALL HAVING count(*) = 1)""").fetchone()
    assert rows == (920, 0)


def test_where_nobody_is_exposed_no_group_is(published):
    rows = duckdb.sql(f"""
        SELECT count(DISTINCT (year, state, county)), count(*) FILTER (b.share_poverty_exposure::DOUBLE <> 0)
        FROM {published("poverty-exposure_county.csv.gz")} AS a
        JOIN {published("poverty-exposure_race-ethnicity_county.csv.gz")} AS b USING (year, state, county)
        WHERE a.share_poverty_exposure::DOUBLE = 0""").fetchone()
    assert rows == (12322, 0)
