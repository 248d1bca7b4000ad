"""Downloads against a local server that behaves as real ones do: throttling, errors, half-sent bodies, error pages."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline import catalog
from pipeline.connectors import fetch
from pipeline.connectors.download import Download, new_session
from pipeline.errors import InputError, SourceUnreachable, UsageError
from pipeline.store.landing import Landing

CONTENT = b"area_fips,own_code\n" + b"37067,0\n" * 20000


class Server(BaseHTTPRequestHandler):
    """Answers by the script in ``server.script``: one entry per request, the last one repeated."""

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        step = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        body, status, headers = self.server.body, 200, {"ETag": '"v1"', "Content-Type": "application/octet-stream"}
        if isinstance(step, int):
            status, body = step, b"busy"
            headers |= {"Retry-After": "0"} if step == 429 else {}
        elif step == "page":
            body, headers["Content-Type"] = b"<html>maintenance</html>", "text/html; charset=utf-8"
        elif "Range" in self.headers and step != "no ranges":
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            status = 206 if start < len(body) else 416
            body = body[start:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if step == "half" else body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    running.requests, running.body, running.script = [], CONTENT, ["whole"]
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()


@pytest.fixture
def get(server, tmp_path):
    def run(*script, **options):
        server.script = list(script)
        url = f"http://127.0.0.1:{server.server_port}/2022_annual_singlefile.zip"
        partial = tmp_path / "raw" / "file.part"
        session = new_session(attempts=3, first_wait=0)
        return partial, Download(session, url, partial, **options).finish(attempts=3, first_wait=0)

    return run


def test_a_download_gives_the_file_and_what_the_server_says_of_it(get, server):
    partial, received = get("whole")
    assert partial.read_bytes() == CONTENT and received["etag"] == '"v1"'
    assert "mobility" in server.requests[0][1]["User-Agent"]


def test_a_half_sent_body_is_continued_where_it_broke_off(get, server):
    partial, _ = get("half", "whole")
    assert partial.read_bytes() == CONTENT
    assert int(server.requests[1][1]["Range"].removeprefix("bytes=").rstrip("-")) > 0


def test_a_server_without_ranges_is_asked_for_the_whole_again(get):
    partial, _ = get("half", "no ranges")
    assert partial.read_bytes() == CONTENT


def test_throttling_and_gateway_errors_are_waited_out(get, server):
    partial, _ = get(429, 503, "whole")
    assert partial.read_bytes() == CONTENT and len(server.requests) == 3


def test_a_source_that_keeps_breaking_off_is_told_and_what_came_is_kept(get, tmp_path):
    with pytest.raises(SourceUnreachable, match="broke off 3 times") as error:
        get("half", 500)
    assert error.value.exit_code == 4
    assert 0 < (tmp_path / "raw/file.part").stat().st_size < len(CONTENT)


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [("page", InputError, "web page"), (404, SourceUnreachable, "404"), (403, UsageError, "refused access")],
)
def test_what_is_not_the_file_is_refused(get, tmp_path, step, kind, words):
    with pytest.raises(kind, match=words):
        get(step)
    assert not (tmp_path / "raw/file.part").exists()


def test_a_damaged_file_is_deleted(get, tmp_path):
    with pytest.raises(InputError, match="damaged"):
        get("whole", sha256=hashlib.sha256(b"other").hexdigest())
    assert not (tmp_path / "raw/file.part").exists()


def test_nobody_there(tmp_path):
    with pytest.raises(SourceUnreachable):
        Download(new_session(attempts=1, first_wait=0), "http://127.0.0.1:9/x.zip", tmp_path / "x.part").finish(
            attempts=1, first_wait=0
        )


@pytest.fixture
def redirected(server, monkeypatch):
    """A session whose every request goes to the local server, whatever the catalog's host."""
    session = new_session(attempts=1, first_wait=0)
    original = session.get
    monkeypatch.setattr(
        session,
        "get",
        lambda url, **options: original(f"http://127.0.0.1:{server.server_port}/{url.split('/', 3)[3]}", **options),
    )
    return session


def test_fetch_lands_a_declared_file_with_its_origin(server, redirected, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2023.annual.singlefile.csv", "area_fips\n")
    server.body = packed.getvalue()
    landing = Landing(tmp_path / "raw", tmp_path / "store")
    fetch.fetch(catalog.load(), landing, "census", ("bls_qcew@2023",), session=redirected)
    assert server.requests[0][0] == "/cew/data/files/2023/csv/2023_annual_singlefile.zip"
    assert (tmp_path / "raw/bls_qcew/2023_annual_singlefile.zip").read_bytes() == server.body
    revision = Landing(tmp_path / "raw", tmp_path / "store").entries("bls_qcew")["bls_qcew/2023_annual_singlefile.zip"][
        "revisions"
    ][0]
    assert revision["url"].startswith("https://data.bls.gov/") and revision["etag"] == '"v1"'
    assert fetch.fetch(catalog.load(), landing, "census", ("bls_qcew@2023",), session=redirected) == []
    assert not list((tmp_path / "raw").rglob("*.part"))


def test_listing_says_how_each_file_is_got(tmp_path):
    wanted = fetch.listing(
        catalog.load(), Landing(tmp_path, tmp_path), "census", ("bls_qcew@2023", "edfacts_homelessness@2019")
    )
    ways = {(each.table, each.form): each.way for each in wanted}
    assert ways["qcew_county_industry", "annual_single_file"] == "download"
    assert ways["qcew_county_industry", "area_slices"] == "by hand"
    url = next(each.url for each in wanted if each.form == "express_zip")
    assert url.endswith("EID_6526/SY1920_FS118_DG655_LEA_data_files.zip")
    with pytest.raises(UsageError, match="Unknown vintage of bls_qcew '1899'"):
        fetch.listing(catalog.load(), Landing(tmp_path, tmp_path), "census", ("bls_qcew@1899",))
