"""Racial diversity from real tract tables against the published county file (card racial-diversity, section 12)."""

import duckdb
import pytest
from published_cells import compared

MEASURES = [f"share_{group}_exposure" for group in ("black_nh", "hispanic", "other_nh", "white_nh")]


@pytest.fixture(scope="module")
def built(shared, build_store, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("racial-diversity"), ("racial-diversity",))


# Connecticut in the form of the interface, California as a download; values and suppressed cells as published.
@pytest.mark.parametrize(("year", "state", "areas"), [(2018, "09", 8), (2021, "06", 58), (2023, "09", 9)])
def test_counties_equal_published(built, published, year, state, areas):
    theirs = published("race-ethnicity-exposure-county.csv.gz")
    cells = compared(built.metric("racial-diversity", year), theirs, year, (state,), MEASURES)
    for cell in cells.values():
        assert (cell["cells"], cell["lacking"], cell["nulls_differ"], cell["qualities_differ"]) == (areas, 0, 0, 0)
        assert cell["difference"] < 1e-12


def test_states_that_are_not_landed_are_null_and_say_so(built):
    table = built.metric("racial-diversity", 2018)
    assert duckdb.sql(
        f"SELECT count(*), count(value), list(DISTINCT note) FROM {table} WHERE geoid[:2] <> '09'"
    ).fetchone() == (4 * 3134, 0, ["no input for state"])


@pytest.mark.parametrize(
    ("geoid", "expected"), [("09110", (0.6563401092200346, 0.6418918053314104, 0.8450402198332093, 0.2766522632009755))]
)
def test_check_values_of_the_card(built, geoid, expected):
    table = built.metric("racial-diversity", 2023)
    values = duckdb.execute(f"SELECT value FROM {table} WHERE geoid = ? ORDER BY measure", [geoid]).fetchall()
    assert [row[0] for row in values] == pytest.approx(expected, abs=1e-12)


# -- Identities that the card verified, on the published file -----------------------------------------


def test_single_tract_counties_have_one_minus_the_share_of_the_group(real_geography, published):
    """With shares of the descriptive-representation file and the tract list of the year's decade."""
    lists = real_geography.table("geography/tract_to_county")
    share = {
        "black_nh": "black_nonhispanic",
        "hispanic": "hispanic",
        "other_nh": "other",
        "white_nh": "white_nonhispanic",
    }
    pairs = " UNION ALL ".join(
        f"SELECT share_{group}_exposure::DOUBLE AS exposure, share_desc_rep_{other}::DOUBLE AS share FROM both_files"
        for group, other in share.items()
    )
    count, difference = duckdb.sql(f"""
        WITH both_files AS (
            SELECT * FROM {published("race-ethnicity-exposure-county.csv.gz")} AS e
            JOIN {published("descriptive_rep_denominator_county_all.csv.gz")} AS d USING (year, state, county)
            WHERE (CASE WHEN year < '2020' THEN 2018 WHEN year < '2022' THEN 2020 ELSE 2022 END, state || county) IN (
                SELECT (year, geoid) FROM {lists} GROUP BY ALL HAVING count(*) = 1))
        SELECT count(exposure), max(abs(exposure - (1 - share))) FROM ({pairs})""").fetchone()
    assert count == 2497
    assert difference < 1e-15


def test_segregation_only_lowers_exposure(published):
    """In every county the index is at most one minus the share of the group."""
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER (share_white_nh_exposure::DOUBLE > 1 - share_desc_rep_white_nonhispanic::DOUBLE + 1e-12
            OR share_black_nh_exposure::DOUBLE > 1 - share_desc_rep_black_nonhispanic::DOUBLE + 1e-12
            OR share_hispanic_exposure::DOUBLE > 1 - share_desc_rep_hispanic::DOUBLE + 1e-12
            OR share_other_nh_exposure::DOUBLE > 1 - share_desc_rep_other::DOUBLE + 1e-12)
        FROM {published("race-ethnicity-exposure-county.csv.gz")} AS e
        JOIN {published("descriptive_rep_denominator_county_all.csv.gz")} AS d USING (year, state, county)""").fetchone()
    assert rows == (12571, 0)
