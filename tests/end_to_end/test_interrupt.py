"""Ctrl-C at any moment: exit code 130, one line, nothing unfinished left; progress lines on a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from pipeline import settings

SLUG = ("--metric", "living-wage")


def start(*arguments, raw, store, **options):
    command = [sys.executable, "-m", "pipeline.cli", *arguments, "--raw", str(raw), "--store", str(store)]
    return subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.PIPE, text=True, **options)


def interrupt(process, until):
    """Send Ctrl-C once ``until`` holds; what was written to stderr."""
    while process.poll() is None and not until():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    return process.communicate()


def records(store):
    """How many tables are there whole; folders may come and go meanwhile."""
    return sum(name.endswith(".lineage.json") for _, _, names in os.walk(store) for name in names)


def unfinished(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(".partial") or path.parent.name == "tmp"]


@pytest.mark.parametrize("tables", [0, 1, 4, 9])
def test_an_interrupted_build_ends_in_one_line_and_the_next_one_completes_it(
    pristine_sample, tmp_path, mobility, tables
):
    store = tmp_path / "store"
    process = start("build", *SLUG, raw=pristine_sample, store=store, stderr=subprocess.PIPE)
    _, told = interrupt(process, lambda: store.exists() and records(store) >= tables)
    assert process.returncode == 130, told
    lines = [line for line in told.splitlines() if not line.startswith("[")]
    assert lines == ["mobility: Interrupted. What was finished is kept; the same command goes on from there."]
    assert not unfinished(store)
    assert mobility("build", *SLUG, "--year", 2022, raw=pristine_sample, store=store).returncode == 0


def test_an_interrupted_sample_leaves_nothing(tmp_path):
    target = tmp_path / "sample"
    process = start("sample", str(target), raw=tmp_path, store=tmp_path / "store", stderr=subprocess.PIPE)
    _, told = interrupt(process, lambda: target.exists() and any(target.rglob("*.csv")))
    assert process.returncode == 130 and told.startswith("mobility: Interrupted.")
    assert not target.exists()


def test_ctrl_c_is_noticed_whoever_takes_the_signal():
    program = (
        "import os, signal\n"
        "from pipeline.interrupts import noticed\n"
        "signal.signal(signal.SIGINT, lambda *given: None)\n"
        "with noticed() as interrupted:\n"
        "    print(interrupted())\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(interrupted(), interrupted())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=settings.PROJECT)
    assert done.stdout.split() == ["False", "True", "True"], done.stderr


def on_terminal(*arguments, raw, store):
    """Run with stderr on a terminal; exit code, stdout, and what the terminal was sent."""
    own, theirs = pty.openpty()
    process = start(*arguments, raw=raw, store=store, stderr=theirs)
    os.close(theirs)
    sent = b""
    while True:
        try:
            piece = os.read(own, 4096)
        except OSError:
            break
        sent += piece
    os.close(own)
    stdout, _ = process.communicate()
    return process.returncode, stdout, sent.decode()


def test_a_terminal_shows_what_is_being_made_and_json_stays_json(pristine_sample, tmp_path, mobility):
    asked = ("build", *SLUG, "--year", "2022")
    code, _, sent = on_terminal(*asked, raw=pristine_sample, store=tmp_path / "one")
    assert code == 0
    assert "making   metric/living-wage 2022 county …\r\x1b[K[" in sent, "the line is replaced by the outcome"
    code, stdout, sent = on_terminal(*asked, "--json", raw=pristine_sample, store=tmp_path / "two")
    assert code == 0 and json.loads(stdout)["counts"]["built"] and sent == ""
    told = mobility(*asked, raw=pristine_sample, store=tmp_path / "three").stderr
    assert "built    metric/living-wage 2022 county" in told and "making" not in told and "\x1b" not in told
