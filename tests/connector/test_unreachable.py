"""A source that does not answer: bounded questions, exit code 4, and what to do."""

import json
import socket

import pytest
import requests
from click.testing import CliRunner
from requests.adapters import HTTPAdapter

from pipeline.cli import main
from pipeline.connectors import download
from pipeline.connectors.download import Download, Patience, new_session
from pipeline.connectors.ipums import Ipums
from pipeline.errors import SourceUnreachable
from pipeline.store.landing import Landing


@pytest.fixture
def silent(monkeypatch):
    """Address of a local server that takes connections and never answers, and little patience with it."""
    monkeypatch.setattr(download, "PATIENCE", Patience(connect=0.1, read=0.1, insist=0.1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_never_answers(silent, tmp_path):
    with pytest.raises(SourceUnreachable, match="does not answer.*Check the network") as error:
        Download(new_session(), f"{silent}/file.zip", tmp_path / "file.part").finish()
    assert error.value.exit_code == 4 and "\n" not in str(error.value)


def test_the_command_line_ends_with_4_and_what_to_do(silent, tmp_path, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, silent)
    asked = ["fetch", "bls_qcew@2023", "--raw", str(tmp_path / "raw"), "--store", str(tmp_path / "store")]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 4, done.output
    assert "data.bls.gov does not answer" in done.stderr and "mobility catalog SOURCE" in done.stderr
    done = CliRunner().invoke(main, [*asked, "--json"])
    assert json.loads(done.stdout)["exit_code"] == 4


def test_the_extract_api_never_answers(silent, tmp_path, monkeypatch):
    monkeypatch.setenv("IPUMS_API_KEY", "a-key")
    from pipeline.catalog.models import Extract

    with pytest.raises(SourceUnreachable, match="does not answer") as error:
        Ipums(Landing(tmp_path / "raw", tmp_path), silent).fetch("ipums_usa/x.dat.gz", "us2018a", Extract(variables=[]))
    assert "a-key" not in str(error.value)


class Clock:
    """A clock that only sleeping and asking move."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize("seconds", [0, 5, 30, 40])
def test_it_is_over_within_a_minute_however_long_a_question_takes(seconds, monkeypatch):
    clock = Clock()

    def fail(self, request, **options):
        clock.sleep(seconds)
        raise requests.ConnectTimeout("nobody there")

    monkeypatch.setattr(download, "time", clock)
    monkeypatch.setattr(HTTPAdapter, "send", fail)
    with pytest.raises(SourceUnreachable, match="nobody there"):
        new_session().get("http://example.invalid/")
    assert clock.now < 60
