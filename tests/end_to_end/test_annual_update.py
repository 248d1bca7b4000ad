"""docs/annual-update.md, followed word by word in a copy of the project, adds a year to the sample's release."""

import csv
import os
import re
import shutil
import subprocess
import sys

import pytest

from pipeline import settings

TEXT = (settings.PROJECT / "docs/annual-update.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.M | re.S)
RELEASES = "demo/store/releases"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copy after everything was done, and what the commands said."""
    copy = tmp_path_factory.mktemp("annual-update") / "project"
    for name in ("pipeline", "assets", "sql"):
        shutil.copytree(settings.PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    commands = copy / ".venv/bin"
    commands.mkdir(parents=True)
    (commands / "mobility").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pipeline.cli "$@"\n')
    (commands / "mobility").chmod(0o755)
    steps = [text if kind == "sh" else f"git apply - <<'END_OF_DIFF'\n{text}END_OF_DIFF\n" for kind, text in BLOCKS]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")}
    environment |= {"PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(copy)}
    script = "set -e\n" + "".join(steps)
    done = subprocess.run(
        ["bash"], input=script, capture_output=True, text=True, cwd=copy, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return copy, done.stdout


def rows_by_year(copy, version):
    found = {}
    for path in sorted((copy / RELEASES / version).glob("*.csv")):
        for row in csv.DictReader(path.open(encoding="utf-8")):
            found.setdefault(row["year"], []).append(tuple(row.items()))
    return found


def test_the_page_has_diffs_and_commands_alone_and_touches_no_python():
    assert {kind for kind, _ in BLOCKS} == {"sh", "diff"}
    assert not [line for line in TEXT.splitlines() if line.startswith("+++") and not line.endswith(".yml")]


def test_the_year_is_new_and_the_others_are_as_they_were(followed):
    copy, _ = followed
    before, after = rows_by_year(copy, "2025.1"), rows_by_year(copy, "2026.1")
    assert after.keys() - before.keys() == {"2023"}
    assert {year: rows for year, rows in after.items() if year != "2023"} == before
    shares = [dict(row).get("share_homeless") for row in after["2023"]]
    assert sum(share not in (None, "NA") for share in shares) > 100


def test_the_commands_tell_the_new_year(followed):
    copy, told = followed
    assert "edfacts-homelessness/2023-24 LEA homeless student data.csv" in told
    assert "2023" in (copy / RELEASES / "2026.1/CHANGES.md").read_text(encoding="utf-8")
