"""What rebuilds a table and what only rewrites its record: data hash and metadata hash."""

from dataclasses import replace

import pytest

from pipeline import readers
from pipeline.plan import definition, sqlfile
from pipeline.plan.step import chain
from pipeline.run import fingerprint, functions, record
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings


@pytest.fixture
def workspace(pristine_sample, tmp_path):
    return Workspace.of(Settings.of(pristine_sample, tmp_path / "store"))


@pytest.fixture
def step(workspace):
    return workspace.plan.metric("living-wage", 2022, "county")


def edited(step, tmp_path, old, new):
    """The step with a change in its own SQL file."""
    name, path = step.queries[0]
    text = path.read_text(encoding="utf-8")
    assert old in text
    copy = tmp_path / path.name
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return replace(step, queries=((name, copy), *step.queries[1:]))


def test_a_comment_rewrites_the_record_and_rebuilds_nothing(workspace, step, tmp_path):
    assert {make(each, workspace).status for each in chain([step])} == {"built"}
    before = workspace.record(step.address)
    commented = edited(step, tmp_path, "-- Hourly living wage", "-- Wage by the hour")
    assert fingerprint.code_hash(commented) == fingerprint.code_hash(step)
    described = replace(step, entry=step.entry | {"citation": "another"})
    assert record.state(described, workspace) == "described"
    assert make(described, workspace).status == "described"
    after = workspace.record(step.address)
    assert after["output"] == before["output"] and after["data_hash"] == before["data_hash"]
    assert after["metadata_hash"] != before["metadata_hash"]
    assert [each["name"] for each in after["checks"]] == [each["name"] for each in before["checks"]]
    assert make(described, workspace).status == "up to date"


@pytest.mark.parametrize(("old", "new"), [("40 *", "41 *"), (">= 30", "> 30"), ("'1 Adult'", "'2 Adults'")])
def test_a_constant_a_comparison_and_a_text_count(step, tmp_path, old, new):
    assert fingerprint.code_hash(edited(step, tmp_path, old, new)) != fingerprint.code_hash(step)


def test_only_variables_that_the_sql_reads_count(step):
    assert fingerprint.code_hash(replace(step, variables=step.variables | {"unread": 1})) == fingerprint.code_hash(step)
    changed = replace(step, variables=step.variables | {"year": 1999})
    assert fingerprint.code_hash(changed) != fingerprint.code_hash(step)


@pytest.fixture
def anew():
    """The code hash of a step, with nothing that was looked up before."""

    def forget():
        for looked_up in (definition._macros, definition._variables, definition._functions, fingerprint._module_hashes):
            looked_up.cache_clear()

    def code_hash(step):
        forget()
        return fingerprint.code_hash(replace(step))

    yield code_hash
    forget()


def test_macros_count_where_they_are_called(step, monkeypatch, anew):
    before, macros = anew(step), dict(sqlfile.macros())
    other = replace(macros["student_t_975"], definition="student_t_975(x) AS 2")
    called = replace(macros["qcew_industry_label"], definition="qcew_industry_label(x) AS 'All'")
    monkeypatch.setattr(sqlfile, "macros", lambda: macros | {"student_t_975": other})
    assert anew(step) == before
    monkeypatch.setattr(sqlfile, "macros", lambda: macros | {"qcew_industry_label": called})
    assert anew(step) != before


def test_engine_epoch_duckdb_functions_and_readers_count(workspace, step, monkeypatch, anew):
    ranked = workspace.plan.metric("employment", 2018, "county")
    staged = workspace.plan.staged("mit_living_wage", "2022")[0]
    steps = {"plain": step, "ranked": ranked, "staged": staged}
    before = {name: anew(each) for name, each in steps.items()}

    def changed():
        return {name for name, each in steps.items() if anew(each) != before[name]}

    assert changed() == set()
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "ENGINE_EPOCH", 999)
        assert changed() == set(steps)
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint.duckdb, "__version__", "9.9.9")
        assert changed() == set(steps)
    real = fingerprint.module_hash
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "module_hash", lambda path: "x" if path.name == "matrices.py" else real(path))
        assert changed() == {"ranked"} and "matrix_rank" in functions.NAMES
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "module_hash", lambda path: "x" if path.name == "csv_files.py" else real(path))
        assert changed() == {"staged"}


def test_a_new_reader_changes_no_other_reader():
    names = {reader: {path.name for path in readers.modules_of(reader)} for reader in readers.READERS}
    assert "__init__.py" not in set().union(*names.values())
    assert "excel.py" not in names["csv"] and "csv_files.py" not in names["pums"]


def test_docstrings_and_comments_of_a_module_do_not_count_and_code_does(tmp_path):
    path = tmp_path / "reader.py"
    hashes = []
    for text in (
        '"""A."""\n\ndef f():\n    """B."""\n    return 1  # c\n',
        "def f():\n    return 1\n",
        "def f():\n    return 2\n",
    ):
        path.write_text(text)
        fingerprint.module_hash.cache_clear()
        hashes.append(fingerprint.module_hash(path))
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_changed_input_that_gives_the_same_table_stops_the_wave(sample, tmp_path):
    workspace = Workspace.of(Settings.of(sample, tmp_path / "store"))
    step = workspace.plan.metric("living-wage", 2022, "county")
    assert {make(each, workspace).status for each in chain([step])} == {"built"}
    path = sample / "mit-living-wage/mit-living-wage-2022.csv"
    header, *lines = path.read_text().splitlines()
    lines[0] = f"{lines[0]}0" if "." in lines[0].rpartition(",")[2] else f"{lines[0]}.0"  # the same number
    path.write_text("\n".join([header, *lines]) + "\n")
    again = Workspace.of(workspace.settings)
    outcomes = [make(each, again) for each in chain([again.plan.metric("living-wage", 2022, "county")])]
    built = [each.step for each in outcomes if each.status == "built"]
    assert built == ["staged/mit_living_wage 2022"]
