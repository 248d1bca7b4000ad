"""The raw directory: hashes, revisions, adoption, and nothing overwritten."""

import hashlib
import json
import os

import pytest

from pipeline.errors import InputError
from pipeline.store.landing import Landing


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw" / "source"
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text("a\n1\n")
    return tmp_path / "raw"


def manifest(raw):
    return json.loads((raw / "source/manifest.json").read_text())


def test_an_unknown_file_is_hashed_and_taken_in_when_first_used(raw, tmp_path):
    landing = Landing(raw, tmp_path / "store")
    assert landing.find("source/data.csv") == ["source/data.csv"]
    landing.take_in("source/data.csv")
    landing.save()
    revision = manifest(raw)["source/data.csv"]["revisions"][0]
    assert revision["sha256"] == hashlib.sha256(b"a\n1\n").hexdigest()
    assert revision["bytes"] == 4 and revision["how_obtained"] == "found in the raw directory"


def test_a_changed_download_becomes_a_revision_and_the_old_file_stays(raw, tmp_path):
    landing = Landing(raw, tmp_path / "store")
    for content in ("a\n2\n", "a\n3\n"):
        download = tmp_path / "download"
        download.write_text(content)
        landing.land("source/data.csv", download, url="https://example.org/data.csv", how_obtained="fetched")
    assert (raw / "source/data.csv").read_text() == "a\n1\n"
    assert (raw / "source/data.rev2.csv").read_text() == "a\n2\n"
    assert landing.locate("source/data.csv").read_text() == "a\n3\n"
    assert [each["file"] for each in manifest(raw)["source/data.csv"]["revisions"]] == [
        "source/data.csv",
        "source/data.rev2.csv",
        "source/data.rev3.csv",
    ]
    assert landing.find("source/*.csv") == ["source/data.csv"]


def test_an_equal_download_changes_nothing(raw, tmp_path):
    landing = Landing(raw, tmp_path / "store")
    download = tmp_path / "download"
    download.write_text("a\n1\n")
    landing.land("source/data.csv", download)
    assert len(landing.entries("source")["source/data.csv"]["revisions"]) == 1 and not download.exists()


def test_a_file_replaced_by_hand_is_a_further_revision(raw, tmp_path):
    landing = Landing(raw, tmp_path / "store")
    first = landing.take_in("source/data.csv")
    (raw / "source/data.csv").write_text("a\n9\n")
    os.utime(raw / "source/data.csv", ns=(1, 1))
    second = landing.take_in("source/data.csv")
    assert first["sha256"] != second["sha256"] and second["how_obtained"] == "replaced by hand"
    assert landing.find("source/*.csv") == ["source/data.csv"]


def test_a_missing_file_is_an_input_error(raw, tmp_path):
    with pytest.raises(InputError) as error:
        Landing(raw, tmp_path / "store").take_in("source/other.csv")
    assert "source/other.csv" in str(error.value) and error.value.exit_code == 3


def test_a_read_only_raw_directory_keeps_its_manifest_in_the_store(raw, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.store.landing.os.access", lambda path, mode: False)
    landing = Landing(raw, tmp_path / "store")
    landing.take_in("source/data.csv")
    landing.save()
    assert not (raw / "source/manifest.json").exists()
    assert "source/data.csv" in json.loads((tmp_path / "store/source.json").read_text())


def test_every_source_has_a_manifest_of_its_own_and_writers_keep_each_others_entries(raw, tmp_path):
    (raw / "other").mkdir()
    for name in ("source/second.csv", "other/data.csv"):
        (raw / name).write_text("a\n1\n")
    first, second = Landing(raw, tmp_path / "store"), Landing(raw, tmp_path / "store")
    first.take_in("source/data.csv")
    second.take_in("source/second.csv")
    second.take_in("other/data.csv")
    first.save()
    second.save()
    assert set(manifest(raw)) == {"source/data.csv", "source/second.csv"}
    assert set(json.loads((raw / "other/manifest.json").read_text())) == {"other/data.csv"}


def test_a_common_manifest_of_before_is_read_and_never_written(raw, tmp_path):
    entry = {"revisions": [{"file": "source/gone.csv", "sha256": "0", "bytes": 1, "mtime_ns": 1}]}
    (raw / "manifest.json").write_text(json.dumps({"source/gone.csv": entry}))
    before = (raw / "manifest.json").read_bytes()
    landing = Landing(raw, tmp_path / "store")
    assert landing.lost("source/*.csv") == ["source/gone.csv"]
    landing.take_in("source/data.csv")
    landing.save()
    assert (raw / "manifest.json").read_bytes() == before


def test_patterns_do_not_cross_folders(raw, tmp_path):
    (raw / "source/deep").mkdir()
    (raw / "source/deep/more.csv").write_text("a\n1\n")
    landing = Landing(raw, tmp_path / "store")
    assert landing.find("source/*.csv") == ["source/data.csv"]
    assert landing.find("source/*/*.csv") == ["source/deep/more.csv"]
    assert landing.find("source/[de]*/more.csv") == ["source/deep/more.csv"]


def test_a_file_that_comes_with_the_project_stands_in_until_one_is_landed(raw, tmp_path):
    bundled = tmp_path / "bundled"
    (bundled / "prices").mkdir(parents=True)
    (bundled / "prices/index.csv").write_text("period,index\n")
    landing = Landing(raw, tmp_path / "store", bundled)
    assert landing.find("prices/index.csv") == ["prices/index.csv"]
    assert landing.take_in("prices/index.csv")["how_obtained"] == "comes with the project"
    landing.save()
    assert not (raw / "prices").exists()
    (raw / "prices").mkdir()
    (raw / "prices/index.csv").write_text("period,index\n2030,1\n")
    assert Landing(raw, tmp_path / "store", bundled).take_in("prices/index.csv")["bytes"] == 20


def test_a_file_that_is_packed_otherwise_is_not_lost(raw, tmp_path):
    landing = Landing(raw, tmp_path / "store")
    landing.take_in("source/data.csv")
    landing.save()
    (raw / "source/data.csv").rename(raw / "source/data.csv.gz")
    assert Landing(raw, tmp_path / "store").lost("source/*.csv") == []
    (raw / "source/data.csv.gz").unlink()
    assert Landing(raw, tmp_path / "store").lost("source/*.csv") == ["source/data.csv"]
