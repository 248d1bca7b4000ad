"""The Census Bureau's data interface against a local server that answers as it does: arrays of arrays, 204, 400 with words,
web pages, throttling, answers that break off. The figures are made up.
"""

from __future__ import annotations

import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from censusdis import geography, states

from conftest import staged_rows
from pipeline import catalog
from pipeline.connectors.census import CensusTables
from pipeline.connectors.download import new_session
from pipeline.errors import InputError, SourceUnreachable, UsageError
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings
from pipeline.store.landing import Landing

KEY = "a-key-that-must-not-be-seen"
GEOGRAPHIES = {
    "fips": [
        {"name": "county", "geoLevelId": "050", "requires": ["state"]},
        {"name": "tract", "geoLevelId": "140", "requires": ["state", "county"]},
        {"name": "place", "geoLevelId": "160", "requires": ["state"]},
    ]
}


class Bureau(http.server.BaseHTTPRequestHandler):
    """``special`` are answers (status, headers, body, cut) given first; ``asked`` what was asked for."""

    special: list = []
    asked: list = []

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path.endswith("geography.json"):
            return self.give(200, {}, json.dumps(GEOGRAPHIES).encode())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(query)
        if self.special:
            return self.give(*self.special.pop(0))
        state = query["in"].split()[0].partition(":")[2]
        names = query["get"].split(",")
        row = [
            f"Tract of {state}",
            *("0" if name.endswith("E") else "12" for name in names[1:]),
            state,
            "001",
            "000100",
        ]
        self.give(200, {}, json.dumps([[*names, "state", "county", "tract"], row]).encode())

    def give(self, status, headers, body, cut=0):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        if cut:
            self.close_connection = True
            self.wfile.flush()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def bureau(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bureau)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/data"
    monkeypatch.setattr(geography.CensusGeographyQuerySpec, "_BASE_URL", base)
    monkeypatch.setattr(
        geography.PathSpec, "_geo_url", staticmethod(lambda dataset, year: f"{base}/{year}/{dataset}/geography.json")
    )
    geography.PathSpec._PATH_SPECS_BY_DATASET_YEAR.clear()
    monkeypatch.setattr(states, "ALL_STATES_AND_DC", ["09", "56"])
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)
    Bureau.special, Bureau.asked = [], []
    yield Bureau
    server.shutdown()
    geography.PathSpec._PATH_SPECS_BY_DATASET_YEAR.clear()


def asked(bureau) -> list[str]:
    """States in the order in which they were asked for."""
    return [query["in"].split()[0].removeprefix("state:") for query in bureau.asked]


@pytest.fixture
def fetch(bureau, tmp_path):
    form = catalog.load().sources["census_acs"].tables["acs_race"].forms["tables"]

    def run(name="api_tract"):
        session = new_session(2, 0.01, 0.02)
        landing = Landing(tmp_path / "raw", tmp_path / "raw")
        return CensusTables(landing, session, pause=0, attempts=3).fetch(form.files[name], "2018")

    (tmp_path / "raw").mkdir()
    return run


def test_each_state_is_landed_as_it_comes_with_its_request(fetch, bureau, tmp_path):
    revisions = fetch()
    assert [revision["file"] for revision in revisions] == [
        f"census_acs/2018_acs5/B03002/tract/{state}.json" for state in ("09", "56")
    ]
    assert asked(bureau) == ["09", "56"]
    assert bureau.asked[0]["get"].startswith("NAME,B03002_001E,B03002_003M,B03002_003E")
    assert "get=NAME" in revisions[0]["url"] and "state%3A09" in revisions[0]["url"]
    content = json.loads((tmp_path / "raw" / revisions[0]["file"]).read_text())
    assert content[1][0] == "Tract of 09"


def test_what_is_landed_is_left_alone_so_a_stopped_run_goes_on(fetch, bureau):
    bureau.special = [(200, {}, json.dumps([["NAME"], ["a"]]).encode()), (500, {}, b"down")]
    with pytest.raises(SourceUnreachable, match="HTTP 500 for .*56.json: down"):
        fetch()
    assert asked(bureau) == ["09", "56"]
    fetch()
    assert asked(bureau)[2:] == ["56"]


def test_a_key_is_sent_and_written_nowhere(fetch, bureau, tmp_path, monkeypatch):
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    fetch()
    assert {query["key"] for query in bureau.asked} == {KEY}
    assert all(KEY not in path.read_text() for path in (tmp_path / "raw").rglob("*.json"))


def test_throttling_is_waited_for(fetch, bureau):
    bureau.special = [(429, {"Retry-After": "0"}, b"slow down")]
    assert len(fetch()) == 2
    bureau.asked.clear()


def test_an_answer_that_breaks_off_is_asked_for_again(fetch, bureau):
    whole = json.dumps([["NAME"], ["a"]]).encode()
    bureau.special = [(200, {}, whole, 5), (200, {}, whole[:-2])]
    assert len(fetch()) == 2
    assert asked(bureau) == ["09"] * 3 + ["56"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((204, {}, b""), InputError, "no data.*09.json.*HTTP 204"),
        (
            (400, {}, b"error: error: unknown variable 'B03002_099E'"),
            UsageError,
            "09.json.*unknown variable 'B03002_099E'",
        ),
        (
            (400, {"Content-Type": "text/html"}, b"<html><h1>Bad Request</h1></html>"),
            SourceUnreachable,
            "HTTP 400.*Bad Request",
        ),
        ((200, {}, b"<html><title>Invalid Key</title></html>"), UsageError, "refused the key"),
        ((404, {}, b"error: unknown geography hierarchy"), SourceUnreachable, "HTTP 404.*unknown geography"),
    ],
)
def test_an_answer_that_is_no_table_is_told_in_the_bureaus_words_and_nothing_is_landed(
    fetch, bureau, tmp_path, answer, error, words
):
    bureau.special = [answer]
    with pytest.raises(error, match=words):
        fetch()
    assert not list((tmp_path / "raw").rglob("09.json"))


def test_answers_that_stay_cut_off_end_the_run(fetch, bureau, tmp_path):
    bureau.special = [(200, {}, b'[["NAME"],["a"')] * 3
    with pytest.raises(SourceUnreachable, match="3 attempts.*cut off"):
        fetch()
    assert not list((tmp_path / "raw").rglob("*.json"))


def test_what_was_fetched_can_be_staged(fetch, tmp_path):
    fetch()
    lists = tmp_path / "raw" / "tract-crosswalks"
    lists.mkdir()
    (lists / "tract-county-crosswalk_2018.csv").write_text("state,county,tract\n09,001,000100\n56,001,000100\n")
    (lists / "tract_crosswalk_2022_connecticut.csv").write_text("Tract_fips_2022\n09110400100\n")
    rows = staged_rows(Workspace.of(Settings.of(tmp_path / "raw", tmp_path / "store")), "acs_race", "2018")
    assert {row["geoid"] for row in rows} == {"09001000100", "56001000100"}
