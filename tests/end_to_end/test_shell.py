"""mobility shell: every table listed, failures that end a pipe, wide results and line history on a terminal."""

import codecs
import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import threading

import pytest

from pipeline import settings


@pytest.fixture(scope="module")
def built(pristine_sample, build_store, tmp_path_factory):
    """A metric of one year, also in another edition."""
    store = tmp_path_factory.mktemp("shell") / "store"
    build_store(pristine_sample, store, ("living-wage",), (2022,))
    return build_store(pristine_sample, store, ("living-wage",), (2022,), method="corrected")


@pytest.fixture
def shell(built, mobility):
    def run(stdin, *arguments, store=None):
        return mobility("shell", *arguments, raw=built.settings.raw, store=store or built.settings.store, stdin=stdin)

    return run


def test_every_table_of_the_store_is_listed_and_can_be_read(shell):
    done = shell(".tables\n")
    listed = re.findall(r"^  (\S+) ", done.stdout, re.MULTILINE)
    expected = {'metrics."living-wage"', 'metrics_corrected."living-wage"', "staged.qcew_county_industry"}
    assert expected | {"geography.county_universe"} <= set(listed)
    done = shell("".join(f"SELECT count(*) FROM {name};\n" for name in listed))
    assert done.returncode == 0, done.stderr


def test_the_views_of_a_metric_are_listed(shell):
    done = shell(".tables\n", "living-wage", "--year", 2022)
    assert "universe" in done.stdout and "geography/county_universe" in done.stdout


@pytest.mark.parametrize(
    ("stdin", "code", "words"),
    [
        ("SELECT 1 AS first;\nSELECT nope;\nSELECT 2 AS second;\n", 2, "nope"),
        ("SELECT 1 AS first; SELEC 2;\n", 2, "syntax error"),
        ("SELECT 1 AS first;\nFROM 'nothing.parquet';\n", 3, "nothing.parquet"),
        ("SELECT 1 AS first;\n.read nothing.sql\nSELECT 2 AS second;\n", 3, "There is no such file (file nothing.sql)"),
        ("SELECT 1 AS first;\n.nothing\n", 2, "Unknown command '.nothing'"),
    ],
)
def test_a_failure_ends_a_pipe_with_its_exit_code(shell, stdin, code, words):
    done = shell(stdin)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "second" not in done.stdout and "Traceback" not in done.stderr


def test_a_pipe_gives_columns_whole_and_says_which_rows_it_leaves_out(shell):
    columns = ", ".join(f"'{'x' * 40}' AS column_{number}" for number in range(30))
    done = shell(f"SELECT {columns}; -- the end\n")
    assert done.returncode == 0 and all(f"column_{number}" in done.stdout for number in range(30))
    assert "1000 shown" in shell("FROM range(3000)").stdout


def test_a_store_without_tables_and_a_year_without_input_say_what_to_do(shell, tmp_path):
    done = shell("SELECT 1;", store=tmp_path / "none")
    assert done.returncode == 3 and "mobility build" in done.stderr
    done = shell("SELECT 1;", "living-wage")
    assert done.returncode == 2 and "it has 2014, 2018, 2021, 2022, 2023" in done.stderr
    done = shell("SELECT 1;", "living-wage", "--year", 2014)
    assert done.returncode == 3 and "mobility fetch bls_qcew@2014" in done.stderr


PROMPT = "mobility> "
INTERRUPT = "Ctrl-C"


def typed(built, cache, *steps):
    """What a terminal of 80 columns shows, and the exit code: each step is what to wait for and what is typed then."""
    own, theirs = pty.openpty()
    command = [sys.executable, "-m", "pipeline.cli", "shell"]
    command += ["--raw", str(built.settings.raw), "--store", str(built.settings.store)]
    environment = os.environ | {"MOBILITY_CACHE": str(cache), "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(
        command, cwd=settings.PROJECT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    shown, since, waiting, decoder = "", 0, list(steps), codecs.getincrementaldecoder("utf-8")()
    with contextlib.suppress(OSError), open(own, "rb", buffering=0) as terminal:
        while piece := terminal.read(4096):
            shown += decoder.decode(piece)
            if waiting and waiting[0][0] in shown[since:]:
                since = len(shown)
                if waiting[0][1] == INTERRUPT:
                    # A prompt that the signal reached before it began to wait looks at it after the line.
                    process.send_signal(signal.SIGINT)
                    os.write(own, b"\n")
                else:
                    os.write(own, waiting[0][1].encode())
                waiting.pop(0)
    code = process.wait()
    watchdog.cancel()
    assert not waiting, shown
    return shown, code


def test_a_terminal_lists_the_tables_shows_wide_results_upright_and_goes_on_after_an_error(built, tmp_path):
    columns = ", ".join(f"range + {number} AS column_{number}" for number in range(40))
    query = tmp_path / "wide.sql"
    query.write_text(f"SELECT {columns} FROM range(30)")
    shown, code = typed(
        built,
        tmp_path,
        (PROMPT, "SELECT nope;\n"),
        (PROMPT, f".read {query}\n"),
        (PROMPT, "SELECT 40 + 2 AS answer;\n"),
        (PROMPT, ".quit\n"),
    )
    assert code == 0
    assert 'metrics_corrected."living-wage"' in shown and '"nope" was not found' in shown
    assert "40 columns do not fit side by side" in shown
    upright = re.search(r"column_39 │ int64 +│(.*)│\r", shown)
    assert [int(cell) for cell in upright[1].split("│")] == [39, 40, 41, 42, 43]
    assert re.search(r"│ +42 │", shown), "a result that fits is a box"


def test_lines_are_kept_from_session_to_session(built, tmp_path):
    pytest.importorskip("readline")
    typed(built, tmp_path, (PROMPT, "SELECT 7 * 191 AS kept;\n"), (PROMPT, ".quit\n"))
    up = "\x1b[A"
    shown, _ = typed(built, tmp_path, (PROMPT, f"{up}{up}\n"), (PROMPT, ".quit\n"))
    assert "1337" in shown


def test_ctrl_c_at_the_prompt_drops_the_line_and_ctrl_d_ends(built, tmp_path):
    shown, code = typed(
        built,
        tmp_path,
        (PROMPT, "SELECT 1 +\n"),
        ("...> ", INTERRUPT),
        (PROMPT, "SELECT 40 + 2 AS answer;\n"),
        (PROMPT, "\x04"),
    )
    assert code == 0 and "Interrupted; .quit ends." in shown and re.search(r"│ +42 │", shown)
