"""IPUMS USA: the extract API against a local server that behaves like it, and the reader of its files.

The extracts are made up; only their layout is IPUMS'.
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import threading
from itertools import accumulate
from urllib.parse import urlsplit

import pytest
from ipums_codebook import ddi

from conftest import staged_rows
from pipeline import catalog
from pipeline.connectors.ipums import Ipums
from pipeline.errors import InputError, MissingInput, SourceUnreachable, UsageError
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings
from pipeline.store.landing import Landing

KEY = "a-key-that-must-not-be-seen"
RELATIVE = "ipums_usa/2018_1-Year.dat.gz"
# variable, width, implied decimals
LAYOUT = [
    ("YEAR", 4, 0),
    ("SAMPLE", 6, 0),
    ("SERIAL", 8, 0),
    ("HHWT", 10, 2),
    ("STATEFIP", 2, 0),
    ("COUNTYFIP", 3, 0),
    ("PUMA", 5, 0),
    ("GQ", 1, 0),
    ("ADJUST", 7, 6),
    ("HHINCOME", 7, 0),
    ("VALUEH", 7, 0),
    ("OWNERSHP", 1, 0),
    ("PERNUM", 4, 0),
    ("PERWT", 10, 2),
    ("AGE", 3, 0),
    ("SEX", 1, 0),
    ("RACE", 1, 0),
    ("HISPAN", 1, 0),
    ("EMPSTAT", 1, 0),
    ("EDUCD", 3, 0),
]
WEIGHTS = [(f"REPWTP{number}", 4, 0) for number in range(1, 81)]
RECORD = {
    "YEAR": 2018,
    "SAMPLE": 201801,
    "SERIAL": 7,
    "HHWT": 20.0,
    "STATEFIP": 56,
    "COUNTYFIP": 0,
    "PUMA": 100,
    "GQ": 1,
    "ADJUST": 1.013097,
    "HHINCOME": 50000,
    "VALUEH": 9999999,
    "OWNERSHP": 2,
    "PERNUM": 1,
    "PERWT": 21.0,
    "AGE": 30,
    "SEX": 2,
    "RACE": 1,
    "HISPAN": 0,
    "EMPSTAT": 1,
    "EDUCD": 63,
} | {name: 21 for name, *_ in WEIGHTS}


def codebook(layout) -> bytes:
    """The codebook of variables of the given widths, one behind the other."""
    ends = list(accumulate(width for _, width, _ in layout))
    return ddi(
        (name, end - width + 1, end, decimals) for (name, width, decimals), end in zip(layout, ends, strict=True)
    )


def fixed_width(records, layout) -> bytes:
    lines = []
    for record in records:
        lines.append("".join(f"{round(record[name] * 10**decimals):0{width}d}" for name, width, decimals in layout))
    return ("\n".join(lines) + "\n").encode()


# level 0 keeps it large enough to break off in the middle
DATA = gzip.compress(fixed_width([RECORD | {"SERIAL": number} for number in range(300)], LAYOUT + WEIGHTS), 0, mtime=0)
CODEBOOK = codebook(LAYOUT + WEIGHTS)


class Api(http.server.BaseHTTPRequestHandler):
    """The part of the IPUMS extract API v2 that is used. ``server.plan`` says how it misbehaves."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._let_in():
            return
        if "NOSUCH" in body["variables"]:
            self._json(400, {"detail": ["Invalid variable name: NOSUCH"]})
            return
        self.server.orders.append(body)
        self._json(200, {"number": len(self.server.orders), "status": "queued", "extractDefinition": body})

    def do_GET(self):
        if not self._let_in():
            return
        path = urlsplit(self.path).path
        if path.startswith("/downloads/"):
            self._file(DATA if path.endswith(".gz") else CODEBOOK)
            return
        number = int(path.rsplit("/", 1)[1])
        if number > len(self.server.orders):
            self._json(404, {"detail": "not found"})
            return
        statuses = self.server.plan.setdefault("statuses", ["queued", "started", "completed"])
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        links = {}
        if status == "completed" and number not in self.server.plan.get("expired", ()):
            links = {
                name: {
                    "url": f"{self.server.base_url}/downloads/usa_{number:05}.{suffix}",
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
                for name, suffix, content in (("data", "dat.gz", DATA), ("ddiCodebook", "xml", CODEBOOK))
            }
        self._json(200, {"number": number, "status": status, "downloadLinks": links, "extractDefinition": {}})

    def _let_in(self) -> bool:
        self.server.seen.append((self.command, self.path, self.headers.get("Range")))
        if self.headers.get("Authorization") != KEY:
            self._json(self.server.plan.get("refusal", 401), {"error": "The API Key was not found"})
            return False
        if self.server.plan.get("throttled", 0):
            self.server.plan["throttled"] -= 1
            self._json(429, {"detail": "rate limit"}, {"Retry-After": "0"})
            return False
        return True

    def _json(self, status, content, headers=()):
        text = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(text)),
            "Content-Type": "application/json",
            **dict(headers),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _file(self, content):
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if self.server.plan.get("no_ranges"):
            start = 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        part = content[start:]
        if self.server.plan.get("broken", 0) and content is DATA:
            self.server.plan["broken"] -= 1
            part = part[: len(part) // 2]
            self.close_connection = True
        if self.server.plan.get("damaged"):
            part = b"x" * len(part)
        self.wfile.write(part)


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as running:
        running.plan, running.orders, running.seen = {}, [], []
        running.base_url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def landing(tmp_path, monkeypatch):
    monkeypatch.setenv("IPUMS_API_KEY", KEY)
    return Landing(tmp_path / "raw", tmp_path / "store")


def fetch(server, landing, attempts=3, **choices):
    table = catalog.load().staged("acs_person")
    extract = choices.pop("extract", table.forms["ipums"].files["raw"].extract)
    settings = {"first_wait": 0.01, "longest_wait": 0.02, "patience": 0.3} | choices
    return Ipums(landing, server.base_url, attempts=attempts, **settings).fetch(RELATIVE, "us2018a", extract)


def state(landing):
    return landing.raw / "ipums_usa/2018_1-Year.extract.json"


def test_order_wait_download_land(server, landing):
    fetch(server, landing)
    assert (landing.raw / RELATIVE).read_bytes() == DATA
    assert (landing.raw / "ipums_usa/2018_1-Year.xml").read_bytes() == CODEBOOK
    (order,) = server.orders
    assert order["samples"] == {"us2018a": {}} and {"REPWTP", "EDUCD", "ADJUST"} <= set(order["variables"])
    assert order["dataStructure"] == {"rectangular": {"on": "P"}}
    assert (
        landing.entries("ipums_usa")[RELATIVE]["revisions"][0]["how_obtained"]
        == "IPUMS USA extract 1 of sample us2018a"
    )
    fetch(server, landing)
    assert len(server.orders) == 1 and len(landing.entries("ipums_usa")[RELATIVE]["revisions"]) == 1


def test_the_vacant_extract_is_hierarchical_with_selected_cases(server, landing):
    fetch(server, landing, extract=catalog.load().staged("acs_household").forms["ipums"].files["vacant"].extract)
    assert server.orders[0]["dataStructure"] == {"hierarchical": {}}
    assert server.orders[0]["variables"]["GQ"]["caseSelections"] == {"general": ["0"]}


def test_the_key_is_nowhere_written(server, landing, capsys):
    fetch(server, landing)
    written = [path.read_bytes() for path in landing.raw.parent.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in written)
    assert not any(KEY in path for _, path, _ in server.seen)
    assert KEY not in "".join(capsys.readouterr())


def test_a_stopped_run_goes_on_with_the_same_extract(server, landing):
    server.plan["statuses"] = ["started"]
    with pytest.raises(SourceUnreachable, match="not ready"):
        fetch(server, landing)
    assert json.loads(state(landing).read_text())["number"] == 1
    server.plan["statuses"] = ["completed"]
    fetch(server, landing)
    assert len(server.orders) == 1


def test_a_changed_definition_is_ordered_anew(server, landing):
    from pipeline.catalog.models import Extract

    fetch(server, landing)
    fetch(server, landing, extract=Extract(variables=["AGE"]))
    assert len(server.orders) == 2


def test_throttling_is_waited_out(server, landing):
    server.plan["throttled"] = 2
    fetch(server, landing)
    assert (landing.raw / RELATIVE).exists()


def test_endless_throttling(server, landing):
    server.plan["throttled"] = 10**6
    with pytest.raises(SourceUnreachable, match="limits the number of requests"):
        fetch(server, landing)


def test_an_expired_extract_is_ordered_again(server, landing):
    server.plan["expired"] = {1}
    fetch(server, landing)
    assert len(server.orders) == 2 and json.loads(state(landing).read_text())["number"] == 2


def test_an_extract_that_ipums_does_not_know_any_more(server, landing):
    fetch(server, landing)
    state(landing).write_text(state(landing).read_text().replace('"number": 1', '"number": 99'))
    fetch(server, landing)
    assert len(server.orders) == 2


def test_a_failed_extract(server, landing):
    server.plan["statuses"] = ["queued", "failed"]
    with pytest.raises(SourceUnreachable, match="could not make extract 1"):
        fetch(server, landing)
    assert not (landing.raw / RELATIVE).exists()


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key(server, landing, monkeypatch, status):
    monkeypatch.setenv("IPUMS_API_KEY", "wrong-key")
    server.plan["refusal"] = status
    with pytest.raises(UsageError, match="refused the key in IPUMS_API_KEY") as caught:
        fetch(server, landing)
    assert "wrong-key" not in str(caught.value)


def test_no_key(server, landing, monkeypatch):
    monkeypatch.delenv("IPUMS_API_KEY")
    with pytest.raises(UsageError, match="set IPUMS_API_KEY"):
        fetch(server, landing)


def test_a_refused_definition(server, landing):
    from pipeline.catalog.models import Extract

    with pytest.raises(UsageError, match="NOSUCH"):
        fetch(server, landing, extract=Extract(variables=["NOSUCH"]))
    assert not state(landing).exists()


def test_nobody_answers(server, landing):
    server.shutdown()
    server.server_close()
    with pytest.raises(SourceUnreachable):
        fetch(server, landing, attempts=1)


@pytest.mark.parametrize("no_ranges", [False, True])
def test_an_interrupted_download_goes_on(server, landing, no_ranges):
    server.plan |= {"broken": 2, "no_ranges": no_ranges}
    fetch(server, landing)
    assert (landing.raw / RELATIVE).read_bytes() == DATA
    assert any(range_ for _, _, range_ in server.seen)


def test_a_download_that_always_breaks_leaves_nothing_half_written(server, landing):
    server.plan |= {"broken": 10**6, "no_ranges": True}
    with pytest.raises(SourceUnreachable, match="broke off"):
        fetch(server, landing)
    assert not (landing.raw / RELATIVE).exists()
    server.plan["broken"] = 0
    fetch(server, landing)
    assert (landing.raw / RELATIVE).read_bytes() == DATA and len(server.orders) == 1
    assert not list(landing.raw.rglob("*.partial"))


def test_a_damaged_download(server, landing):
    server.plan["damaged"] = True
    with pytest.raises(InputError, match="sha256"):
        fetch(server, landing)
    assert not (landing.raw / RELATIVE).exists() and not list(landing.raw.rglob("*.partial"))


# -- the files ------------------------------------------------------------------------------------------


class Raw:
    """A raw directory with IPUMS files, staged with the provider ipums."""

    def __init__(self, folder):
        self.folder, self.raw = folder, folder / "raw"
        (self.raw / "ipums_usa").mkdir(parents=True)

    def write(self, stem, records, layout=None, form="dat"):
        layout = layout or LAYOUT + WEIGHTS
        (self.raw / f"ipums_usa/{stem}.xml").write_bytes(codebook(layout))
        if form == "dat":
            content = fixed_width(records, layout)
        else:
            names = [name for name, *_ in layout]
            content = "\n".join(
                [",".join(names), *(",".join(str(record[name]) for name in names) for record in records)]
            )
            content = (content + "\n").encode()
        (self.raw / f"ipums_usa/{stem}.{form}.gz").write_bytes(gzip.compress(content))

    def stage(self, table="acs_person", vintage="2018_1-Year"):
        workspace = Workspace.of(Settings.of(self.raw, self.folder / "store", provider="ipums"))
        return staged_rows(workspace, table, vintage)


@pytest.fixture
def raw(tmp_path):
    return Raw(tmp_path)


@pytest.mark.parametrize("form", ["dat", "csv"])
@pytest.mark.parametrize("stem", ["2018_1-Year", "usa_00005"])
def test_fixed_width_and_csv(raw, form, stem):
    raw.write(stem, [RECORD, RECORD | {"PERNUM": 2, "AGE": 2, "EDUCD": 1, "EMPSTAT": 0}], form=form)
    rows = raw.stage()
    expected = {
        "year": 2018,
        "multyear": 2018,
        "statefip": "56",
        "puma": "00100",
        "serialno": "7",
        "pernum": 1,
        "gq": 1,
        "perwt": 21,
        "educd": 63,
        "gradeatt": None,
        "repwtp1": 21,
        "repwtp80": 21,
    }
    assert {name: rows[0][name] for name in expected} == expected
    assert rows[1]["educd"] is None and rows[1]["empstat"] == 0
    (household,) = raw.stage("acs_household")
    expected = {
        "hhwt": 20,
        "countyfip": "000",
        "adjust": 1.013097,
        "hhincome": 50000,
        "valueh": None,
        "vacancy": 0,
        "ownershp": 2,
        "cinethh": None,
        "repwt1": None,
    }
    assert {name: household[name] for name in expected} == expected


def test_negative_income(raw):
    raw.write("2018_1-Year", [RECORD | {"HHINCOME": -9000}])
    assert raw.stage("acs_household")[0]["hhincome"] == -9000


def test_five_year_sample_takes_the_factor_of_the_interview_year(raw):
    layout = [("MULTYEAR", 4, 0), *[line for line in LAYOUT if line[0] != "ADJUST"]]
    raw.write("2021_5-Year", [RECORD | {"YEAR": 2021, "SAMPLE": 202103, "MULTYEAR": 2018}], layout)
    (row,) = raw.stage("acs_household", "2021_5-Year")
    assert (row["year"], row["multyear"], row["adjust"]) == (2021, 2018, 1.013097)


def test_vacant_units_come_from_the_second_extract(raw):
    raw.write("2018_1-Year", [RECORD])
    layout = [
        ("RECTYPE", 1, 0),
        ("SAMPLE", 6, 0),
        ("SERIAL", 8, 0),
        ("HHWT", 10, 2),
        ("STATEFIP", 2, 0),
        ("PUMA", 5, 0),
        ("GQ", 1, 0),
        ("VACANCY", 1, 0),
        ("RENT", 5, 0),
        ("VALUEH", 7, 0),
    ]
    unit = RECORD | {"RECTYPE": 0, "SERIAL": 9, "GQ": 0, "VACANCY": 1, "RENT": 800}
    raw.write("2018_1-Year_vacant", [unit], layout)
    path = raw.raw / "ipums_usa/2018_1-Year_vacant.dat.gz"
    path.write_bytes(gzip.compress(b"H" + gzip.decompress(path.read_bytes())[1:]))
    rows = raw.stage("acs_household")
    assert [(row["serialno"], row["gq"], row["vacancy"], row["rent"]) for row in rows] == [
        ("7", 1, 0, None),
        ("9", 0, 1, 800),
    ]


def test_extracts_of_another_sample_or_without_the_needed_columns_are_not_taken(raw):
    raw.write("usa_00005", [RECORD | {"SAMPLE": 201901}])
    raw.write("usa_00006", [RECORD], [line for line in LAYOUT if line[0] != "PUMA"])
    with pytest.raises(MissingInput):
        raw.stage()


def test_two_extracts_of_one_sample(raw):
    raw.write("usa_00005", [RECORD])
    raw.write("usa_00006", [RECORD])
    with pytest.raises(InputError, match="Two IPUMS extracts"):
        raw.stage()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SAMPLE": 201901}, "SAMPLE.*201901 in 1 record"),
        ({"RACE": 0}, "RACE.*1 to 9"),
        ({"EMPSTAT": 9}, "EMPSTAT"),
    ],
)
def test_a_value_that_may_not_be(raw, change, words):
    raw.write("2018_1-Year", [RECORD, RECORD | {"PERNUM": 2} | change])
    with pytest.raises(InputError, match=words):
        raw.stage()


def test_truncated_extract_and_missing_codebook(raw):
    raw.write("2018_1-Year", [RECORD | {"SERIAL": number} for number in range(2000)])
    path = raw.raw / "ipums_usa/2018_1-Year.dat.gz"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="cannot be read to its end"):
        raw.stage()
    (raw.raw / "ipums_usa/2018_1-Year.xml").unlink()
    with pytest.raises(InputError):
        raw.stage()


def test_a_cut_line(raw):
    raw.write("2018_1-Year", [RECORD])
    path = raw.raw / "ipums_usa/2018_1-Year.dat.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"20182018010000000800000020\n"))
    with pytest.raises(InputError):
        raw.stage()
