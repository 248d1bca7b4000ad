"""Rules of wholeness that count within a file, by hand: what the rows of one unit or county have to be."""

import duckdb
import pytest

from pipeline import catalog


def found(table, form, rule, columns, rows):
    """What a rule of the catalog finds in staged rows, and the most that it allows."""
    declared = catalog.load("2025").staged(table).forms[form].whole[rule]
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE staged_table ({columns})")
        con.executemany(f"INSERT INTO staged_table VALUES ({', '.join('?' * len(rows[0]))})", rows)
        return con.execute(f"SELECT {declared.sql}").fetchone()[0], declared.at_most


UNIT = ("AL", "AUTAUGA", "01001")


@pytest.mark.parametrize(
    ("votes", "total", "wrong"),
    [
        ((7503, 429, 19838), 27770, 0),
        ((7503, 429), 27770, 1),
        ((7503, 429, 19838, 429), 27770, 1),
        ((-7503, 429, 19838), 27770, 1),
        # The votes for a candidate, or the total, are not known
        ((7503, None), 27770, 0),
        ((7503, 429), None, 0),
    ],
)
@pytest.mark.parametrize(
    ("form", "allowed"), [("returns_2000_2016", 7), ("returns_2000_2020", 31), ("rows_of_2020", 0), ("rows_of_2016", 0)]
)
def test_candidates_add_up_to_the_total_of_the_unit(form, allowed, votes, total, wrong):
    columns = "state_po VARCHAR, unit_name VARCHAR, geoid VARCHAR, votes BIGINT, total_votes BIGINT"
    rows = [(*UNIT, each, total) for each in votes]
    # Others with the same name in another state, and without a code
    rows += [("MO", "AUTAUGA", "29001", 5, 5), ("MO", "KANSAS CITY", None, 6, 6), ("MO", "OTHER", None, 7, 7)]
    rule = "units whose candidates do not add up to their total"
    assert found("presidential_votes_county", form, rule, columns, rows) == (wrong, allowed)


@pytest.mark.parametrize(("industries", "few"), [(7, 0), (4, 0), (3, 1), (0, 1)])
def test_counties_of_the_extract_have_four_industries_beside_all(industries, few):
    rows = [("01", "001", industry) for industry in ("All", *map(str, range(industries)))]
    rows += [("02", "001", industry) for industry in ("All", "1", "2", "3", "4")]
    columns = "state VARCHAR, county VARCHAR, industry VARCHAR"
    rule = "counties with fewer than four industries"
    assert found("qcew_county_industry", "published_extract", rule, columns, rows) == (few, 0)
