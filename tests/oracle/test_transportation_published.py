"""Transportation from real H+T files against the published county file (card transportation, section 12)."""

import duckdb
import pytest
from published_cells import compared

MEASURES = ["share_transit_commuter", "share_transportation_cost"]


@pytest.fixture(scope="module")
def built(shared, build_store, tmp_path_factory):
    return build_store(shared / "raw", tmp_path_factory.mktemp("transportation"), ("transportation",))


@pytest.mark.parametrize(("state", "areas"), [("51", 133), ("25", 14)])
def test_overall_values_of_2015_equal_published(built, published, state, areas):
    table = f"(FROM {built.metric('transportation', 2015)} WHERE subgroup = 'All')"
    theirs = published("transportation_all_county.csv.gz")
    for cell in compared(table, theirs, 2015, (state,), MEASURES).values():
        assert (cell["cells"], cell["lacking"], cell["values"], cell["nulls_differ"]) == (areas, 0, areas, 0)
        assert cell["difference"] < 1e-14


def test_tract_types_and_quality_say_which_tables_are_missing(built):
    notes = duckdb.sql(
        f"SELECT subgroup = 'All', list(DISTINCT note) FROM {built.metric('transportation', 2015)} "
        "WHERE geoid[:2] = '51' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert notes == [
        (False, ["no input: table B03002"]),
        (True, ["no quality: no input of table B25001, B19013"]),
    ]


# -- Identities that the card verified, on the published file -----------------------------------------


def test_the_overall_value_lies_between_those_of_the_tract_types(published):
    for measure in MEASURES:
        rows = duckdb.sql(f"""
            WITH wide AS (PIVOT (SELECT year, state, county, subgroup, {measure}::DOUBLE AS x
                                 FROM {published("transportation_subgroup_county.csv.gz")}) ON subgroup USING any_value(x))
            SELECT count("All"),
                   count(*) FILTER ("All" NOT BETWEEN least("Neighborhoods of color", "White neighborhoods", "Mixed neighborhoods") - 1e-12
                                    AND greatest("Neighborhoods of color", "White neighborhoods", "Mixed neighborhoods") + 1e-12)
            FROM wide""").fetchone()
        assert rows == (9427, 0)


def test_the_overall_file_has_the_rows_for_all_and_both_flags_are_one(published):
    rows = duckdb.sql(f"""
        SELECT count(*), count(*) FILTER ((a.share_transit_commuter, a.share_transportation_cost, a.share_transit_commuter_quality)
                             IS DISTINCT FROM (b.share_transit_commuter, b.share_transportation_cost, b.share_transit_commuter_quality)),
               count(*) FILTER (a.share_transit_commuter_quality IS DISTINCT FROM a.share_transportation_cost_quality)
        FROM {published("transportation_all_county.csv.gz")} AS a
        JOIN (FROM {published("transportation_subgroup_county.csv.gz")} WHERE subgroup = 'All') AS b USING (year, state, county)
    """).fetchone()
    assert rows == (9428, 0, 0)
