"""docs/python.md: every block of code runs, in order, on the synthetic sample."""

import re
import shutil
import warnings

from pipeline import settings

PAGE = settings.PROJECT / "docs" / "python.md"


def test_the_blocks_of_the_page_run(pristine_sample, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOBILITY_STORE", raising=False)
    shutil.copytree(pristine_sample, tmp_path / "data" / "raw")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 5
    names: dict = {}
    with warnings.catch_warnings():
        for number, block in enumerate(blocks, start=1):
            exec(compile(block, f"{PAGE.name}, block {number}", "exec"), names)
    printed = capsys.readouterr().out
    assert "Did you mean 09001" in printed and "'built'" in printed
    assert (tmp_path / "audit.html").stat().st_size > 10_000


def test_the_blocks_name_files_that_exist():
    named = re.findall(r"`((?:docs|tests)/[\w/.]+)`", PAGE.read_text(encoding="utf-8"))
    assert named and all((settings.PROJECT / name).exists() for name in named)
