"""Whoever kills what and when: the next command gives the bytes of a clean run."""

import hashlib
import http.server
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.store.landing import Landing

CHOSEN = ("--metric", "living-wage", "--year", "2022", "--year", "2023")
SEED = os.environ.get("MOBILITY_SEED", "1")


def kill(times: int, longest: float, commands: list[list], seed: str = SEED) -> None:
    """Kill so many commands at random moments of their first seconds."""
    texts = json.dumps([[str(each) for each in command] for command in commands])
    script = Path(__file__).with_name("killed.py")
    command = [sys.executable, str(script), str(longest), seed, str(times), texts]
    environment = os.environ | {"PYTHONPATH": str(settings.PROJECT)}
    subprocess.run(command, cwd=settings.PROJECT, env=environment, check=True)


def contents(folder: Path, *kinds: str) -> dict[str, str]:
    """Hash of every file of the kinds below the folder."""
    paths = sorted(path for kind in kinds for path in folder.rglob(kind) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def clean(pristine_sample, tmp_path_factory, command_line):
    """A store that nobody disturbed, with one release."""
    store = tmp_path_factory.mktemp("clean") / "store"
    for command in (("build", *CHOSEN), ("release", "2026.1")):
        assert command_line.run(*command, raw=pristine_sample, store=store).returncode == 0
    return store


@pytest.mark.parametrize("round_of_kills", range(3))
def test_40_kills_of_build_and_release(sample, mobility, tmp_path, clean, round_of_kills):
    """Three times, each with a store of its own, so that they can run side by side."""
    store = tmp_path / "store"
    where = ("--raw", sample, "--store", store)
    forced = ["build", *CHOSEN, "--force", *where]
    commands = [["build", *CHOSEN, *where], forced, forced, ["release", "2026.1", *where]]
    kill(40, 2.0, commands, f"{SEED} {round_of_kills}")
    releases = store / "releases/2026.1"
    assert not releases.exists() or (releases / "manifest.json").exists()
    assert mobility("build", *CHOSEN, raw=sample, store=store).returncode == 0
    found, expected = (contents(each, "metrics/**/*.parquet", "staged/**/*.parquet") for each in (store, clean))
    assert found and found.items() <= expected.items()
    assert {path for path in expected if path.startswith("metrics")} <= found.keys()
    assert not list((store / "tmp").glob("*"))
    # On a slow machine it was made while only some of the tables were there; what it says of itself is true all the same.
    if releases.exists():
        assert mobility("verify", "2026.1", raw=sample, store=store).returncode == 0
    assert mobility("release", "2026.2", raw=sample, store=store).returncode == 0
    assert contents(store / "releases/2026.2", "*.csv") == contents(clean / "releases/2026.1", "*.csv")
    assert "Nothing to do" in mobility("build", *CHOSEN, raw=sample, store=store).stdout


def test_20_kills_of_an_import(mobility, tmp_path, clean):
    store, folder, none = tmp_path / "store", clean / "releases/2026.1", tmp_path / "none"
    where = ("--raw", none, "--store", store)
    kill(20, 2.0, [["import-published", folder, *where], ["release", "2026.1", "--method", "published", *where]])
    assert mobility("import-published", folder, raw=none, store=store).returncode == 0
    assert not list((store / "tmp").glob("*"))
    ours = store / "method=published/releases/2026.1"
    assert not ours.exists() or (ours / "manifest.json").exists()
    # Half an import is never released
    assert not ours.exists() or contents(ours, "[0-9]*.csv") == contents(folder, "[0-9]*.csv")
    assert mobility("release", "2026.2", "--method", "published", raw=none, store=store).returncode == 0
    again = contents(store / "method=published/releases/2026.2", "[0-9]*.csv")
    assert again == contents(folder, "[0-9]*.csv")


class Slow(http.server.BaseHTTPRequestHandler):
    """Sends one file in small pieces, from where it is asked to."""

    content = os.urandom(1 << 20)

    def do_GET(self):
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(self.content) - first))
        self.send_header("ETag", '"one"')
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        self.end_headers()
        for start in range(first, len(self.content), 1 << 14):
            self.wfile.write(self.content[start : start + (1 << 14)])
            time.sleep(0.005)

    def log_message(self, *arguments):
        pass


def test_50_kills_of_a_download(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    raw = tmp_path / "raw"
    script = (
        "import sys; from pathlib import Path\n"
        "from pipeline.connectors.download import Download, new_session\n"
        "from pipeline.store.landing import Landing\n"
        "raw, url = Path(sys.argv[1]), sys.argv[2]\n"
        "part = raw / 'source/file.bin.part'; part.parent.mkdir(parents=True, exist_ok=True)\n"
        "received = Download(new_session(), url, part).finish()\n"
        "Landing(raw, raw).land('source/file.bin', part, url=url, **received)\n"
    )
    url = f"http://127.0.0.1:{server.server_address[1]}/file.bin"
    command = [sys.executable, "-c", script, str(raw), url]
    killed, chance = 0, random.Random(SEED)
    while killed < 50:
        process = subprocess.Popen(command, cwd=settings.PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.2, 1.2))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        landed = raw / "source/file.bin"
        assert not landed.exists() or landed.read_bytes() == Slow.content
    subprocess.run(command, cwd=settings.PROJECT, check=True)
    server.shutdown()
    assert (raw / "source/file.bin").read_bytes() == Slow.content
    assert Landing(raw, raw).take_in("source/file.bin")["sha256"] == hashlib.sha256(Slow.content).hexdigest()


def limited(size: int):
    """Lets no file of the process grow beyond ``size`` bytes, as a full disk would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 3_000, 12_000, 20_000])
def test_a_full_disk(sample, mobility, tmp_path, clean, size):
    store = tmp_path / "store"
    command = [sys.executable, "-m", "pipeline.cli", "build", *CHOSEN, "--raw", str(sample), "--store", str(store)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=settings.PROJECT, preexec_fn=limited(size), check=False
    )
    assert done.returncode == (3 if size else 1)
    assert "Traceback" not in done.stderr
    assert ("cannot be read or written" if size else "Dagster could not run") in done.stderr
    assert mobility("build", *CHOSEN, raw=sample, store=store).returncode == 0
    assert contents(store, "metrics/**/*.parquet") == contents(clean, "metrics/**/*.parquet")


def test_a_store_that_cannot_be_written(sample, mobility, tmp_path, clean):
    """A store whose place is taken by a file; the built store beside it is not touched."""
    (tmp_path / "file").write_text("no folder")
    before = contents(clean, "*")
    for command in (("build", *CHOSEN), ("release", "2026.2")):
        result = mobility(*command, raw=sample, store=tmp_path / "file/store")
        assert result.returncode in (2, 3)
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()
    assert contents(clean, "*") == before


def test_a_clock_that_was_set_back(sample, mobility, tmp_path, clean):
    """Raw files and tables from the future: content decides, not time."""
    store = Path(shutil.copytree(clean, tmp_path / "store"))
    future = time.time() + 10 * 365 * 86400
    for path in [*sample.rglob("*"), *store.rglob("*")]:
        os.utime(path, (future, future))
    assert mobility("build", *CHOSEN, raw=sample, store=store).returncode == 0
    assert contents(store, "metrics/**/*.parquet") == contents(clean, "metrics/**/*.parquet")
    path = sample / "mit-living-wage/mit-living-wage-2022.csv"
    content = path.read_bytes()
    changed = content.replace(b"1 Adult,2 Children,3", b"1 Adult,2 Children,4", 1)
    assert (len(changed), changed == content) == (len(content), False)
    path.write_bytes(changed)
    os.utime(path, (1, 1))
    assert mobility("build", *CHOSEN, raw=sample, store=store).returncode == 0
    assert contents(store, "metrics/**/*.parquet") != contents(clean, "metrics/**/*.parquet")
    path.write_bytes(content)
    assert mobility("build", *CHOSEN, raw=sample, store=store).returncode == 0
    assert contents(store, "metrics/**/*.parquet") == contents(clean, "metrics/**/*.parquet")
