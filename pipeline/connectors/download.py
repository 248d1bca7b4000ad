"""Resumable downloads: goes on after what has come, waits where it is told to, never takes an error page for data."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pipeline.errors import InputError, SourceUnreachable, UsageError

# Small, because what has come of a piece is lost when the connection breaks within it.
PIECE = 1 << 14
# BLS and HUD refuse clients without an ordinary User-Agent (cards living-wage 2.1, housing-affordability 2b).
USER_AGENT = "Mozilla/5.0 (compatible; mobility; +https://github.com/UI-Research/mobility-from-poverty)"


@dataclass(frozen=True)
class Patience:
    """Seconds in which a connection must come about, in which something must be heard on it, and in which a source that
    does not answer is asked again."""

    connect: float = 5
    read: float = 25
    insist: float = 15


# A question that fails late is not asked again, so that an unreachable network ends within a minute, also where a
# name server does not answer (30 s) or a host has several addresses.
PATIENCE = Patience()


class PatientAdapter(HTTPAdapter):
    """Ends what does not answer: SourceUnreachable after ``PATIENCE``, whoever uses the session."""

    def send(self, request, stream=False, timeout=None, **options):
        """The answer to a request, asked again while there is none."""
        patience, started, pause = PATIENCE, time.monotonic(), 1
        while True:
            try:
                limits = timeout or (patience.connect, patience.read)
                return super().send(request, stream=stream, timeout=limits, **options)
            except (requests.ConnectionError, requests.Timeout) as error:
                waited = time.monotonic() - started
                if waited + pause > patience.insist:
                    raise SourceUnreachable(
                        f"{urlsplit(request.url).netloc} does not answer (asked for {waited:.0f} s: {_reason(error)}). "
                        "Check the network and, where one is needed, the proxy (HTTPS_PROXY), and run the same command "
                        "again; or get the files by hand as mobility catalog SOURCE says."
                    ) from error
            time.sleep(pause)
            pause *= 2


def _reason(error: requests.RequestException) -> str:
    """What lies at the bottom of a failed request."""
    reason = getattr(error.args[0] if error.args else error, "reason", None) or error
    return f"{type(reason).__name__}: {' '.join(str(reason).split())}"[:300]


def new_session(attempts: int = 5, first_wait: float = 5, longest_wait: float = 300) -> requests.Session:
    """A session that repeats 429 and gateway errors after what Retry-After says, else after growing pauses, and does not
    wait long for a source that does not answer at all."""
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    again = Retry(
        total=attempts,
        connect=0,
        read=0,
        other=0,
        status_forcelist=[429, 502, 503, 504],
        allowed_methods=None,
        backoff_factor=first_wait,
        backoff_max=longest_wait,
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, PatientAdapter(max_retries=again))
    return session


class Download:
    """One file to a partial path. ``headers`` of None values drop a session header (a key for another host)."""

    def __init__(self, session, url: str, partial: Path, *, size=None, sha256=None, headers=None, secret: str = ""):
        self.session, self.url, self.partial = session, url, partial
        self.size, self.sha256 = size, sha256
        self.headers, self.secret = headers or {}, secret
        self.received: dict[str, str | None] = {}

    def finish(self, attempts: int = 5, first_wait: float = 5, longest_wait: float = 300) -> dict[str, str | None]:
        """Download until complete; returns ETag and Last-Modified.

        Raises SourceUnreachable where the source does not answer or breaks off ``attempts`` times (what has come is
        kept and the next call goes on), UsageError where it refuses access, InputError for a damaged or wrong file.
        """
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        problem = ""
        for attempt in range(attempts):
            try:
                self._continue()
                if self._is_complete():
                    return self.received
                problem = f"{self.partial.stat().st_size} of {self.size} bytes"
            except (requests.RequestException, OSError) as error:
                problem = f"{type(error).__name__}: {self.without_secret(error)}"
            if attempt + 1 < attempts:
                time.sleep(min(first_wait * 2**attempt, longest_wait))
        raise SourceUnreachable(
            f"The download of {self.url} broke off {attempts} times ({problem}). What has come is kept in {self.partial}; "
            "run the same command to go on."
        )

    def _continue(self) -> None:
        have = self.partial.stat().st_size if self.partial.exists() else 0
        headers = {**self.headers, **({"Range": f"bytes={have}-"} if have else {})}
        with self.session.get(self.url, headers=headers, stream=True) as response:
            if response.status_code == 416:
                return
            if response.status_code in (401, 403):
                raise UsageError(
                    f"{self.url} refused access (HTTP {response.status_code}): check the key, or get the file by hand."
                )
            if response.status_code == 404:
                raise SourceUnreachable(
                    f"{self.url} does not exist (HTTP 404): the publisher may have moved it; see mobility fetch."
                )
            response.raise_for_status()
            if "text/html" in response.headers.get("Content-Type", ""):
                raise InputError(
                    "A source answered with a web page instead of the file",
                    file=self.url,
                    found="text/html",
                    expected="data",
                )
            continued = response.status_code == 206
            if self.size is None and response.headers.get("Content-Length", "").isdigit():
                self.size = int(response.headers["Content-Length"]) + (have if continued else 0)
            self.received = {
                "etag": response.headers.get("ETag"),
                "last_modified": response.headers.get("Last-Modified"),
            }
            # A server that ignores Range sends the whole file with 200.
            with open(self.partial, "ab" if continued else "wb") as out:
                for piece in response.iter_content(PIECE):
                    out.write(piece)

    def _is_complete(self) -> bool:
        if self.size is not None and self.partial.stat().st_size < int(self.size):
            return False
        if self.sha256:
            with open(self.partial, "rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != self.sha256:
                self.partial.unlink()
                raise InputError(
                    "A downloaded file is damaged",
                    file=self.partial,
                    expected=f"sha256 {self.sha256}",
                    found=found,
                    advice="It was deleted; run the same command to download it again.",
                )
        return True

    def without_secret(self, error) -> str:
        """The error in one line, with the secret taken out."""
        text = " ".join(str(error).split())[:300]
        return text.replace(self.secret, "<key>") if self.secret else text
