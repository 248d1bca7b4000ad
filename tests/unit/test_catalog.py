"""Catalog entries: valid as they stand, and errors that name file, entry, field, found and expected."""

import pytest

from pipeline import catalog
from pipeline.catalog import editions
from pipeline.catalog.models import Metric, Source
from pipeline.errors import UsageError
from pipeline.settings import SQL


def test_the_catalog_is_valid_and_every_metric_has_two_files_of_its_name():
    entries = catalog.load()
    assert {path.name.split(".")[0] for path in (SQL / "metrics").glob("*.sql")} == set(entries.metrics)
    assert {path.name.split(".")[0] for path in (SQL / "geography").glob("*.sql")} == set(entries.geography)
    for source in entries.sources.values():
        for table in source.tables.values():
            assert all((SQL / "staged" / form.sql).exists() for form in table.forms.values())


def test_every_staged_sql_file_belongs_to_a_form():
    used = {
        form.sql
        for source in catalog.load().sources.values()
        for table in source.tables.values()
        for form in table.forms.values()
    }
    assert {path.name for path in (SQL / "staged").glob("*.sql")} == used


def test_every_published_column_is_listed_once_per_file():
    for file in catalog.load().publication.files.values():
        assert len(file.columns) == len(set(file.columns))


def quirks(method):
    entries = catalog.load(method)
    tables = {**entries.metrics, **entries.geography}
    return {(name, id): quirk for name, table in tables.items() for id, quirk in table.quirks.items()}


def test_every_quirk_is_mended_by_the_corrected_edition_or_says_why_not():
    corrected = quirks("corrected")
    for key, quirk in quirks("2025").items():
        mended = corrected[key].rule != quirk.rule or corrected[key].corrected_by
        assert bool(mended) != bool(corrected[key].not_corrected), key


@pytest.mark.parametrize("method", list(editions.known()))
def test_what_was_compared_is_told_per_table_of_the_edition(method):
    for slug, metric in catalog.load(method).metrics.items():
        told = {(geography, year) for geography, years in metric.verified.items() for year in years}
        assert told <= {(geography, year) for year in metric.years for geography in metric.geographies_of(year)}, slug
    assert catalog.load(method).metric("living-wage").verification("county", 2022) == (
        "published" if method == "2025" else "synthetic"
    )


def test_differences_merge_key_by_key_and_a_null_deletes():
    base = {"years": {2014: {"a": 1, "b": 2}, 2015: {}}, "list": [1, 2], "text": "x"}
    differences = {"years": {2014: {"b": 3}, 2015: None, 2016: None}, "list": [3]}
    assert editions.merged(base, differences) == {
        "years": {2014: {"a": 1, "b": 3}, 2016: None},
        "list": [3],
        "text": "x",
    }


def test_an_unknown_edition_lists_what_exists():
    with pytest.raises(UsageError, match="Unknown method '1999'. Known: 2025, 2026, corrected"):
        catalog.load("1999")


@pytest.mark.parametrize(
    ("content", "model", "words"),
    [
        ("title: [", Source, ["not valid YAML"]),
        ("title: x\n", Source, ["agency", "expected", "found nothing"]),
        ("title: x\ndirection: sideways\n", Metric, ["direction", "'sideways'", "higher is better"]),
        ("title: x\nyears: {soon: {}}\n", Metric, ["years.soon", "'soon'"]),
        ("colour: red\n", Metric, ["colour", "'red'"]),
    ],
)
def test_an_invalid_entry_is_named(tmp_path, content, model, words):
    path = tmp_path / "entry.yml"
    path.write_text(content)
    with pytest.raises(UsageError) as error:
        catalog.validated(path, editions.read(path), model)
    assert all(word in str(error.value) for word in ["entry.yml", *words]), str(error.value)
    assert error.value.exit_code == 2


def test_a_reference_to_a_table_that_does_not_exist_is_named(monkeypatch):
    entries = catalog.load()
    broken = entries.metrics["living-wage"].model_copy(deep=True)
    broken.inputs["mit_living_wage"].table = "staged/living_wages"
    changed = catalog.Catalog(
        entries.sources,
        entries.geography,
        {"living-wage": broken},
        entries.subgroups,
        entries.publication,
        entries.source_of_table,
    )
    with pytest.raises(UsageError, match=r"living-wage.yml: inputs.mit_living_wage: .*'staged/living_wages'"):
        catalog._check_references(changed)


def test_digest_depends_on_content_and_not_on_order():
    assert catalog.digest({"a": 1, "b": 2}) == catalog.digest({"b": 2, "a": 1}) != catalog.digest({"a": 1, "b": 3})
    assert catalog.digest("ab", "c") != catalog.digest("a", "bc")


def test_a_key_that_stands_twice_is_refused_and_a_merged_one_may_be_replaced(tmp_path):
    entry = tmp_path / "entry.yml"
    entry.write_text("a: &a {x: 1}\nb: {<<: *a, x: 2}\nc: {<<: *a}\n", encoding="utf-8")
    assert editions.read(entry) == {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 1}}
    entry.write_text("years:\n  2021:\n  2021: {sample: 5-Year}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="entry.yml.*'2021' is there twice.*line 3"):
        editions.read(entry)
