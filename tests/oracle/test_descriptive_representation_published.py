"""Descriptive representation from sums of real tracts against the published county file (card, section 12)."""

import duckdb
import pytest
from published_cells import compared

MEASURES = [f"share_desc_rep_{group}" for group in ("other", "black_nonhispanic", "hispanic", "white_nonhispanic")]


@pytest.fixture(scope="module")
def built(shared, build_store, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("representation"), ("descriptive-representation",))


@pytest.mark.parametrize(("year", "state", "areas"), [(2018, "09", 8), (2021, "06", 58), (2023, "09", 9)])
def test_counties_equal_published(built, published, year, state, areas):
    table = built.metric("descriptive-representation", year)
    theirs = published("descriptive_rep_denominator_county_all.csv.gz")
    for cell in compared(table, theirs, year, (state,), MEASURES).values():
        assert (cell["cells"], cell["lacking"], cell["values"], cell["qualities_differ"]) == (areas, 0, areas, 0)
        assert cell["difference"] < 1e-15
    notes = duckdb.sql(f"SELECT DISTINCT note FROM {table} WHERE value IS NOT NULL").fetchall()
    assert notes == [("sum of tracts",)]


def test_the_four_published_shares_add_up_to_one(published):
    rows = duckdb.sql(
        f"SELECT count(*), max(abs(1 - ({' + '.join(f'{each}::DOUBLE' for each in MEASURES)}))) "
        f"FROM {published('descriptive_rep_denominator_county_all.csv.gz')}"
    ).fetchone()
    assert rows[0] == 15713
    assert rows[1] < 1e-15
