"""Metric tables that no release may be made of (issue: bad input of releases), one broken rule each."""

import duckdb
import pytest

from pipeline import catalog
from pipeline.errors import InputError
from pipeline.publish import publication, refused
from pipeline.quoting import literal

TYPES = {
    "metric": "VARCHAR",
    "measure": "VARCHAR",
    "year": "SMALLINT",
    "geography": "VARCHAR",
    "geoid": "VARCHAR",
    "subgroup_type": "VARCHAR",
    "subgroup": "VARCHAR",
    "value": "DOUBLE",
    "lower": "DOUBLE",
    "upper": "DOUBLE",
    "quality": "TINYINT",
    "standard_error": "DOUBLE",
    "numerator": "DOUBLE",
    "denominator": "DOUBLE",
    "sample_size": "BIGINT",
    "note": "VARCHAR",
}
GOOD = {
    "metric": "employment",
    "measure": "share_employed",
    "year": 2021,
    "geography": "county",
    "geoid": "37067",
    "subgroup_type": "all",
    "subgroup": "All",
    "value": 0.8,
}


def refuse(tmp_path, *rows, types=TYPES):
    """Look at one table of employment 2021 with these rows."""
    path = tmp_path / "table.parquet"
    con = duckdb.connect()
    con.execute(f"CREATE TABLE given ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    for row in rows:
        con.execute(f"INSERT INTO given ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    con.execute(f"COPY given TO {literal(path)} (FORMAT parquet)")
    con.execute("CREATE TABLE areas AS SELECT 'county' AS geography, 2021 AS year, '37067' AS geoid")
    publication.create(con, catalog.load())
    listed = f"[{literal(path)}]"
    table = {"table_path": str(path), "label": "metric/employment 2021 county", "metric": "employment"}
    refused.define(con, listed, [table | {"year": 2021, "geography": "county"}])
    con.execute(f"CREATE VIEW metric_tables AS FROM read_parquet({listed}, filename = 'table_path')")
    refused.refuse(con)


def test_a_table_as_it_should_be_is_taken(tmp_path):
    refuse(tmp_path, GOOD, GOOD | {"subgroup_type": "disability", "subgroup": "With Disability"})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "One row per measure, GEOID and subgroup.*37067.*rows_of_key 2"),
        ({"geoid": "37999"}, "Every county is in the lists of areas.*geoid 37999"),
        ({"geoid": "3706"}, "geoid 3706"),
        ({"subgroup_type": "gender", "subgroup": "Men"}, "subgroups that the catalog declares.*subgroup Men"),
        ({"measure": "share_emloyed", "geoid": "37067"}, "measure share_emloyed"),
        ({"year": 2020, "subgroup": "Male", "subgroup_type": "gender"}, "are those of its table.*year 2020"),
        ({"year": None, "subgroup": "Male", "subgroup_type": "gender"}, "are those of its table.*year None"),
        (
            {"metric": "preschool", "subgroup": "Male", "subgroup_type": "gender"},
            "are those of its table.*metric preschool",
        ),
    ],
)
def test_a_broken_row_is_refused_and_shown(tmp_path, changed, words):
    with pytest.raises(InputError, match=f"(?s){words}") as error:
        refuse(tmp_path, GOOD, GOOD | changed)
    assert "metric/employment 2021 county" in str(error.value)


@pytest.mark.parametrize(
    ("types", "words"),
    [
        (TYPES | {"geoid": "INTEGER"}, "column geoid, expected VARCHAR, found INTEGER"),
        (TYPES | {"value": "VARCHAR"}, "column value, expected DOUBLE, found VARCHAR"),
        (
            {name: kind for name, kind in TYPES.items() if name != "note"},
            "column note, expected VARCHAR, found no such column",
        ),
        (TYPES | {"extra": "VARCHAR"}, "column extra, expected no such column, found VARCHAR"),
    ],
)
def test_another_type_is_refused_before_the_rows_are_read(tmp_path, types, words):
    with pytest.raises(InputError, match=words):
        refuse(tmp_path, {name: value for name, value in GOOD.items() if types.get(name) == TYPES[name]}, types=types)


def test_a_place_outside_the_lists_is_taken_and_a_code_of_no_state_is_not(tmp_path):
    rows = [GOOD | {"geography": "place", "geoid": geoid} for geoid in ("3755001", "9955000")]
    con_words = "are those of its table|geoid 9955000"
    with pytest.raises(InputError, match=con_words) as error:
        refuse(tmp_path, *rows)
    assert "3755001" not in str(error.value)
