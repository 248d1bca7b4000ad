"""What audits rest on: titles of steps, declared units, and the commit in the code version."""

import pytest

import pipeline
from pipeline import __version__, catalog, settings
from pipeline.explain import units
from pipeline.plan import metric_files, sqlfile

FILES = [path for path in sorted(settings.SQL.rglob("*.sql")) if path.parent.name not in ("macros", "checks")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(settings.SQL)))
def test_every_step_has_a_title(path):
    assert [step.name for step in sqlfile.read(path).steps if not step.title] == []


def test_units_are_of_columns_and_metrics_that_exist():
    declared = units.declared()
    assert declared.weights.keys() <= catalog.load().metrics.keys()
    for file, entries in declared.files.items():
        text = (settings.SQL / f"{file}.sql").read_text(encoding="utf-8")
        assert [name for name in entries if name.rpartition(".")[2] not in text] == [], file


@pytest.mark.parametrize("slug", sorted(catalog.load().metrics))
def test_what_a_metric_counts_has_a_unit(slug):
    """Of a metric's own columns, and of its estimator's; a standard error is in the unit of the measure."""
    queries = metric_files.metric_queries(slug, catalog.load().metrics[slug])
    read = [sqlfile.read(path) for _, path in queries]
    files = [each.relative for each in read]
    for column in ("numerator", "denominator", "sample_size", "standard_error"):
        if column == "standard_error" or any(f"AS {column}" in each.final for each in read[:-1]):
            assert column in units.of_measure(slug, "unit").of(files, "result", [column]), column


def test_the_code_version_is_the_commit(tmp_path):
    git = tmp_path / ".git"
    assert pipeline._commit(git) is None
    git.mkdir()
    (git / "HEAD").write_text("0123abcd\n")
    assert pipeline._commit(git) == "0123abcd"
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text("# pack-refs with: peeled\n4567ef refs/heads/main\n89 refs/heads/other\n")
    assert pipeline._commit(git) == "4567ef"
    (git / "refs/heads").mkdir(parents=True)
    (git / "refs/heads/main").write_text("fedcba\n")
    assert pipeline._commit(git) == "fedcba"
    worktree = tmp_path / "beside"
    (git / "worktrees/beside").mkdir(parents=True)
    (git / "worktrees/beside/HEAD").write_text("ref: refs/heads/main\n")
    (git / "worktrees/beside/commondir").write_text("../..\n")
    worktree.mkdir()
    (worktree / ".git").write_text(f"gitdir: {git}/worktrees/beside\n")
    assert pipeline._commit(worktree / ".git") == "fedcba"
    assert pipeline.code_version().startswith(__version__)
