"""What is kept from command to command is what would be computed."""

import datetime

import pytest

from pipeline import kept

CALLS = []


def words(text):
    CALLS.append(text)
    return {"words": text.split(), 1: (2.5, None)}


@pytest.fixture
def again(tmp_path, monkeypatch):
    """``kept`` of a command of its own, with a cache in a folder of the test."""
    monkeypatch.setenv("MOBILITY_CACHE", str(tmp_path))
    CALLS.clear()

    def command(text, compute=words):
        kept._NEW.clear()
        kept._before.cache_clear()
        found = kept.kept(compute, text)
        kept._write()
        return found

    monkeypatch.setattr(kept, "_NEW", {})
    yield command
    kept._before.cache_clear()


def test_a_text_is_computed_once(again):
    assert again("a b") == again("a b") == {"words": ["a", "b"], 1: (2.5, None)}
    assert CALLS == ["a b"]
    assert again("a c")["words"] == ["a", "c"] and again("a b")["words"] == ["a", "b"]
    assert CALLS == ["a b", "a c"]


def test_what_is_done_to_a_value_stays_with_who_did_it(again):
    again("a b")["words"].append("c")
    assert kept.kept(words, "a b")["words"] == ["a", "b"]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: b"", lambda content: content[:40] + b"?" + content[41:]]
)
def test_a_damaged_cache_is_computed_anew(again, tmp_path, damage):
    before = again("a b")
    path = tmp_path / "kept"
    path.write_bytes(damage(path.read_bytes()))
    assert again("a b") == before and CALLS == ["a b", "a b"]
    assert again("a b") == before and CALLS == ["a b", "a b"]


def test_another_function_or_module_computes_anew(again, monkeypatch):
    again("a b")
    assert again("a b", lambda text: text) == "a b"
    monkeypatch.setattr(kept, "_module_hash", lambda path: "changed")
    again("a b")
    assert CALLS == ["a b", "a b"]


def test_a_cache_that_cannot_be_written_is_done_without(again, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOBILITY_CACHE", str(tmp_path / "file"))
    assert again("a b")["words"] == ["a", "b"]


def test_what_cannot_be_kept_is_computed_each_time(again):
    def day(text):
        CALLS.append(text)
        return datetime.date.fromisoformat(text)

    assert again("2024-01-01", day) == again("2024-01-01", day) == datetime.date(2024, 1, 1)
    assert CALLS == ["2024-01-01"] * 2


def test_an_error_is_not_kept(again):
    def fails(text):
        CALLS.append(text)
        raise ValueError(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="a b"):
            again("a b", fails)
    assert CALLS == ["a b", "a b"]
