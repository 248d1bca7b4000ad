"""mobility explain and docs/quirks.md: from the catalog and the SQL alone, for every metric and edition."""

import json
import re

import pytest

from pipeline import catalog, settings
from pipeline.catalog import editions
from pipeline.explain import method, numbers, quirks
from pipeline.plan import sqlfile

METRICS = sorted(catalog.load().metrics)
PAGE = settings.PROJECT / "docs" / "quirks.md"


@pytest.mark.parametrize("edition", sorted(editions.known()))
@pytest.mark.parametrize("slug", METRICS)
def test_the_method_of_every_metric_is_told_whole(slug, edition):
    entries = catalog.load(edition)
    metric, answer = entries.metrics[slug], method.method(entries, slug, edition)
    text = " ".join(method.text(answer).split())
    for told in (metric.title, metric.universe, metric.formula, metric.quality, metric.suppression, metric.citation):
        assert " ".join(told.split()) in text
    for source in metric.sources:
        assert " ".join(entries.sources[source].citation.split()) in text
    for name in metric.quirks:
        assert name in text
    assert "None" not in text and "Undefined" not in text
    assert json.dumps(answer)


@pytest.mark.parametrize("slug", METRICS)
def test_steps_are_those_of_the_files(slug):
    answer = method.method(catalog.load(), slug, settings.METHOD)
    paths = [each["path"] for each in answer["files"]]
    assert len(paths) == len(set(paths)) and any(path.startswith("sql/staged/") for path in paths)
    text = method.text(answer, sql=True)
    for each in answer["files"]:
        query = sqlfile.read(settings.SQL.parent / each["path"])
        assert [step["name"] for step in each["steps"]] == [*(step.name for step in query.steps), "result"]
        for step in query.steps:
            assert numbers.aligned(step.sql).splitlines()[0] in text
        assert query.final.splitlines()[-1].strip() in text


def test_what_is_read_comes_before_what_reads_it():
    files = [each["path"] for each in method.method(catalog.load(), "employment", settings.METHOD)["files"]]
    order = [files.index(f"sql/geography/{name}.sql") for name in ("puma_to_county", "allocation_county")]
    assert order == sorted(order) and order[-1] < files.index("sql/estimators/share/areas.sql")


def test_an_edition_tells_what_it_changes():
    answer = method.method(catalog.load("2026"), "living-wage", "2026")
    assert "sql/metrics/living-wage.2026.sql" in [each["path"] for each in answer["files"]]
    changed = {each["field"]: each for each in answer["editions"]["2026"]}
    assert changed["sql"]["to"] == "living-wage.2026.sql" and changed["inputs.county_code_change"]["to"] is None
    assert not [field for field in changed if field.startswith("quirks")]


def test_the_last_statement_has_its_own_title(tmp_path):
    path = tmp_path / "query.sql"
    path.write_text(
        "-- File\nWITH\n-- First\na AS (\n    SELECT 1 AS b\n)\n-- The end,\n-- in two lines\nSELECT b FROM a\n"
    )
    assert sqlfile.read(path).final_title == "The end, in two lines"
    path = tmp_path / "other.sql"
    path.write_text("WITH a AS (SELECT 1 AS b)\nSELECT b -- no title\nFROM a\n")
    assert sqlfile.read(path).final_title == ""


def test_a_step_is_aligned():
    assert numbers.aligned("SELECT a\n    FROM b\n    WHERE c") == "SELECT a\nFROM b\nWHERE c"
    assert numbers.aligned("SELECT a,\n       d\nFROM b") == "SELECT a,\n       d\nFROM b"


def test_the_page_of_quirks_says_what_the_catalog_says():
    document = PAGE.read_text(encoding="utf-8")
    blocks = quirks.blocks_of(document)
    again = quirks.render(blocks)
    assert again == document, "run: python -m pipeline.explain.quirks docs/quirks.md"
    assert len(blocks) > 20


def test_every_quirk_is_on_the_page():
    document = PAGE.read_text(encoding="utf-8")
    for edition in editions.known():
        entries = catalog.load(edition)
        for entry in [*entries.metrics.values(), *entries.geography.values()]:
            for name, quirk in entry.quirks.items():
                assert f"### {name}\n" in document and quirk.cells in document


def test_figures_are_of_metrics_and_quirks_that_exist():
    entries = catalog.load()
    for key in quirks.blocks_of(PAGE.read_text(encoding="utf-8")):
        slug, _, quirk = key.partition("/")
        assert slug in entries.metrics and (not quirk or quirk in entries.metrics[slug].quirks), key


def test_effects_count_what_differs(tmp_path):
    import duckdb

    con = duckdb.connect()
    header = "geography, measure, year, geoid, subgroup_type, subgroup, value, lower, upper, quality"
    rows = {
        "published": "('county', 'm', 2020, '01001', 'all', 'All', 1.0, 0.5, 1.5, 1), ('county', 'm', 2020, '01003', 'all', 'All', 2.0, 1, 3, 2), ('county', 'm', 2020, '01005', 'all', 'All', NULL, NULL, NULL, NULL), ('county', 'm', 2021, '01001', 'all', 'All', 5, 4, 6, 1)",
        "right": "('county', 'm', 2020, '01001', 'all', 'All', 1.25, 0.5, 1.5, 1), ('county', 'm', 2020, '01003', 'all', 'All', NULL, NULL, NULL, NULL), ('county', 'm', 2020, '01005', 'all', 'All', 7.0, 6, 8, 3), ('county', 'm', 2021, '01001', 'all', 'All', 5.0000000000000001, 4, 6, 1)",
    }
    for name, values in rows.items():
        con.execute(f"COPY (FROM (VALUES {values}) AS t({header})) TO '{tmp_path / name}.parquet' (FORMAT parquet)")
    (effect,) = quirks._effects(con, [tmp_path / "published.parquet"], [tmp_path / "right.parquet"])
    counts = ("cells", "values_changed", "values_gained", "values_lost", "bounds_changed", "flags_changed")
    assert [effect[name] for name in counts] == [4, 3, 1, 1, 2, 2]
    assert effect["years"] == [2020, 2021]
    assert (effect["example"]["geoid"], effect["example"]["published"], effect["example"]["right"]) == (
        "01001",
        1.0,
        1.25,
    )
    assert re.search(r"\| 01001 in 2020: 1 → 1.25 \|$", quirks._table([effect]))
