"""SQL files as chains of named steps."""

import duckdb
import pytest

from pipeline import settings
from pipeline.errors import UsageError
from pipeline.plan import sqlfile


def write(tmp_path, text):
    path = tmp_path / "x.sql"
    path.write_text(text)
    return path


def test_steps_have_name_title_and_text(tmp_path):
    query = sqlfile.read(
        write(
            tmp_path,
            """-- What the file does.
WITH
-- First: one row, with a bracket ) in a comment
one AS (
    SELECT 1 AS x, ')' AS y -- )
),
-- Second
two(a) AS (SELECT x + (1) FROM one)
SELECT a FROM two;
""",
        )
    )
    assert [(step.name, step.title) for step in query.steps] == [
        ("one", "First: one row, with a bracket ) in a comment"),
        ("two", "Second"),
    ]
    assert query.final == "SELECT a FROM two"
    assert duckdb.sql(query.up_to("one", "SELECT x FROM one")).fetchall() == [(1,)]


def test_a_file_may_be_one_select(tmp_path):
    query = sqlfile.read(write(tmp_path, "-- Title\nSELECT 1 AS x\n"))
    assert query.steps == () and query.final == "SELECT 1 AS x"


def test_an_open_parenthesis_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"x\.sql: SQL that DuckDB cannot parse"):
        sqlfile.read(write(tmp_path, "WITH a AS (SELECT 1 SELECT 2"))


def test_what_a_file_reads_calls_and_asks_for_is_found_by_the_parser(tmp_path):
    text = """WITH a AS (SELECT x -- FROM not_read
FROM t JOIN (FROM u) USING (x) WHERE y = getvariable('year')) SELECT hf3_row(1, 2, 3, 4), * FROM a, range(3)"""
    statement = sqlfile.read(write(tmp_path, text)).statement
    assert statement.reads == {"t", "u"} and statement.variables == {"year"}
    assert {"hf3_row", "range", "getvariable"} <= statement.functions


def test_comments_and_layout_do_not_count_and_constants_do():
    first = sqlfile.parse("SELECT x FROM t WHERE x > 1")
    assert first.tree == sqlfile.parse("-- a title\nSELECT x\n  FROM t -- here\n  WHERE x > 1").tree
    assert first.tree != sqlfile.parse("SELECT x FROM t WHERE x >= 1").tree
    assert first.tree != sqlfile.parse("SELECT x FROM t WHERE x > 2").tree


@pytest.mark.parametrize("path", sorted((settings.SQL / "metrics").glob("*.sql")), ids=lambda path: path.stem)
def test_every_step_of_every_metric_has_a_title(path):
    query = sqlfile.read(path)
    assert query.steps and all(step.title for step in query.steps)


def test_macros_are_found_through_other_macros():
    names = {macro.name for macro in sqlfile.macros_called((sqlfile.parse("SELECT qcew_industry(1, '10')"),))}
    assert names == {"qcew_industry", "qcew_industry_label"}
