"""Limits from options and from the environment."""

import pytest

from pipeline.errors import UsageError
from pipeline.settings import Settings


def test_limits_of_the_environment_give_way_to_options(monkeypatch):
    for name, value in (("THREADS", "3"), ("PROCESSES", "2"), ("MEMORY", "500MB")):
        monkeypatch.setenv(f"MOBILITY_{name}", value)
    found = Settings.of()
    assert (found.threads, found.processes, found.memory) == (3, 2, "500MB")
    assert Settings.of(threads=1, memory="1.5 GiB").memory == "1.5 GiB"


@pytest.mark.parametrize(
    ("name", "value"),
    [("threads", "two"), ("threads", "0"), ("threads", "-1"), ("processes", "1.5")]
    + [("memory", value) for value in ("4", "abc", "-4GB", "0GB", "4 bytes")],
)
def test_what_is_no_limit_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"MOBILITY_{name.upper()}", value)
    with pytest.raises(UsageError, match=f"--{name}.*{value}"):
        Settings.of()
