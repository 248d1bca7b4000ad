"""The store: whole tables by address, on disk and behind a URL (fsspec's memory file system); scratch and locks."""

import select
import subprocess
import sys

import duckdb
import fsspec
import pytest

from pipeline import settings
from pipeline.errors import InputError
from pipeline.plan.step import chain
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings
from pipeline.store import files
from pipeline.store.store import LocalStore, RemoteStore, open_store

ADDRESS = "metrics/some/county/2022.parquet"


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    if request.param == "local":
        return open_store(str(tmp_path / "store"))
    fsspec.filesystem("memory").rm("/bucket", recursive=True) if fsspec.filesystem("memory").exists("/bucket") else None
    return open_store("memory://bucket/store", tmp_path / "cache")


def commit(store, number, **record):
    with store.scratch() as scratch:
        finished = scratch / "table.parquet"
        duckdb.sql(f"COPY (SELECT {number} AS number) TO '{finished}' (FORMAT parquet)")
        output = {"sha256": files.sha256(finished), "bytes": finished.stat().st_size}
        store.commit(ADDRESS, finished, {"output": output, **record})


def number(store):
    return duckdb.sql(f"SELECT number FROM read_parquet('{store.local(ADDRESS)}')").fetchone()[0]


def test_a_committed_table_is_read_back_with_its_record(store):
    assert store.record(ADDRESS) is None
    commit(store, 1, note="é")
    assert store.record(ADDRESS)["note"] == "é" and number(store) == 1
    commit(store, 2)
    assert number(store) == 2
    assert store.list("metrics") == [ADDRESS.replace(".parquet", ".lineage.json"), ADDRESS]


def test_a_table_without_its_record_is_not_there(store):
    commit(store, 1)
    with store.scratch() as scratch:
        other = scratch / "other"
        other.write_bytes(b"half")
        store.put(ADDRESS, other)
    assert store.record(ADDRESS) is None


def test_a_folder_is_published_whole(store, tmp_path):
    with store.scratch() as scratch:
        folder = scratch / "2030.1"
        folder.mkdir()
        for name in ("manifest.json", "a.csv"):
            (folder / name).write_text("{}")
        store.put_folder("releases/2030.1", folder)
    assert store.list("releases") == ["releases/2030.1/a.csv", "releases/2030.1/manifest.json"]
    assert (store.folder("releases/2030.1") / "a.csv").read_text() == "{}"


def test_json_is_written_whole_and_a_cut_off_one_is_none(store):
    store.write_json("a/b.json", {"x": 1})
    assert store.read_json("a/b.json") == {"x": 1} and store.read_json("a/c.json") is None


def test_a_remote_table_that_is_not_what_its_record_says_is_refused(tmp_path):
    store = RemoteStore("memory://damaged/store", tmp_path / "cache")
    commit(store, 1)
    record = store.record(ADDRESS)
    record["output"]["sha256"] = "0" * 64
    store.write_json(ADDRESS.replace(".parquet", ".lineage.json"), record)
    with pytest.raises(InputError, match="not what its record says"):
        store.local(ADDRESS)


def test_a_remote_table_is_fetched_once(tmp_path):
    store = RemoteStore("memory://once/store", tmp_path / "cache")
    commit(store, 1)
    first = store.local(ADDRESS)
    store.system.rm(store._path(ADDRESS))
    store.system.pipe_file(store._path(ADDRESS), b"x" * first.stat().st_size)
    assert store.local(ADDRESS) == first, "read from the cache by its hash"


def test_every_table_is_made_and_read_through_a_remote_store(pristine_sample, tmp_path, monkeypatch):
    """The shape holds for object stores: the same bytes, nothing written beside the cache."""
    monkeypatch.setenv("MOBILITY_CACHE", str(tmp_path / "cache"))
    made = {}
    for location in ("memory://whole/store", str(tmp_path / "store")):
        workspace = Workspace.of(Settings.of(pristine_sample, location))
        step = workspace.plan.metric("living-wage", 2022, "county")
        outcomes = [make(each, workspace) for each in chain([step])]
        assert {each.status for each in outcomes} == {"built"}, outcomes
        assert {make(each, Workspace.of(workspace.settings)).status for each in chain([step])} == {"up to date"}
        made[location] = workspace.store.local(step.address).read_bytes()
    assert len(set(made.values())) == 1


def other_process(code, *arguments):
    """A process that runs ``code`` and has said that it begun."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.PROJECT)
    assert process.stdout.readline() == "begun\n"
    return process


HOLD = """import sys, time; from pathlib import Path; from pipeline.store.store import LocalStore
with LocalStore(Path(sys.argv[1])).scratch() as folder:
    (folder / "unfinished").write_text("x"); print("begun", flush=True); time.sleep(60)"""
LOCK = """import sys; from pathlib import Path; from pipeline.store.store import LocalStore
print("begun", flush=True)
with LocalStore(Path(sys.argv[1])).lock(sys.argv[2]): print("held", flush=True)"""


def test_scratch_of_a_killed_process_is_swept_and_that_of_a_living_one_stays(tmp_path):
    store, process = LocalStore(tmp_path), other_process(HOLD, tmp_path)
    store.sweep()
    assert len(list((tmp_path / "tmp").glob("*/unfinished"))) == 1
    process.kill()
    process.wait()
    store.sweep()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_table_is_held_by_one_process_at_a_time(tmp_path):
    store = LocalStore(tmp_path)
    with store.lock(ADDRESS):
        process = other_process(LOCK, tmp_path, ADDRESS)
        with store.lock("metrics/some/county/2021.parquet"):
            assert not select.select([process.stdout], [], [], 1)[0], "another table is free, this one is not"
    assert process.stdout.readline() == "held\n"
    process.wait()
