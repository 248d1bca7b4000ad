"""IPUMS USA extracts through the IPUMS extract API (version 2) and ipumspy: order, wait, download, land.

What was ordered is remembered in ``<raw>/ipums_usa/<vintage>.extract.json``, so a run that was stopped goes
on where it was: waiting for the same extract, or in the middle of a download. The key comes from
IPUMS_API_KEY, goes into the Authorization header of the API's own host, and is nowhere written.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
from ipumspy import IpumsApiClient, MicrodataExtract
from ipumspy.api.exceptions import (
    BadIpumsApiRequest,
    IpumsAPIAuthenticationError,
    IpumsApiException,
    IpumsApiRateLimitException,
    IpumsNotFound,
)
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pipeline import catalog, files
from pipeline.catalog.models import Extract
from pipeline.errors import InputError, SourceUnreachable, UsageError
from pipeline.landing import Landing

BASE_URL = "https://api.ipums.org"
# small, because what has come of a piece is lost when the connection breaks within it
PIECE = 1 << 14


class Ipums:
    """Orders and downloads extracts. ``first_wait`` and ``longest_wait`` (seconds) space the questions
    whether an extract is ready, ``patience`` ends them, ``attempts`` bounds repeated downloads and new
    orders.
    """

    def __init__(
        self,
        landing: Landing,
        base_url: str = BASE_URL,
        first_wait: float = 5,
        longest_wait: float = 300,
        patience: float = 6 * 3600,
        attempts: int = 5,
    ):
        key = os.environ.get("IPUMS_API_KEY", "").strip()
        if not key:
            raise UsageError(
                "IPUMS needs a key: set IPUMS_API_KEY (free, https://account.ipums.org/api_keys)."
            )
        self.landing, self.base_url, self.attempts = landing, base_url.rstrip("/"), attempts
        self.first_wait, self.longest_wait, self.patience = first_wait, longest_wait, patience
        session = requests.Session()
        # 429 and the gateway errors are repeated after what Retry-After says, or else after growing pauses
        again = Retry(
            total=attempts,
            status_forcelist=[429, 502, 503, 504],
            allowed_methods=None,
            backoff_factor=first_wait,
            backoff_max=longest_wait,
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=again))
        self.client = IpumsApiClient(key, base_url=self.base_url, session=session)

    def fetch(self, relative: str, sample: str, extract: Extract) -> list[dict]:
        """Land the extract of ``sample`` as ``relative`` (a .dat.gz below the raw directory) and its DDI
        (.xml).

        Returns the two manifest revisions. Raises UsageError for a refused key or definition,
        SourceUnreachable where IPUMS does not answer, fails or takes too long (run again: it resumes),
        InputError for damaged files.
        """
        definition = define(sample, extract)
        state_path = self.landing.raw / f"{relative.removesuffix('.dat.gz')}.extract.json"
        for _ in range(self.attempts):
            number = self._ordered(state_path, definition)
            links = self._wait(number)
            if links:
                break
            # expired or unknown to IPUMS: its files are gone, so the same definition is ordered anew
            state_path.unlink(missing_ok=True)
        else:
            raise SourceUnreachable(
                f"IPUMS extract of {sample}: {self.attempts} orders expired before they could be downloaded. "
                "Run the same command later."
            )
        landed = []
        for link, target in (("ddiCodebook", relative.replace(".dat.gz", ".xml")), ("data", relative)):
            partial = self.landing.raw / f"{relative.removesuffix('.dat.gz')}.{number}.{link}.partial"
            self._download(links[link], partial)
            landed.append(
                self.landing.land(
                    target,
                    partial,
                    url=links[link]["url"],
                    how_obtained=f"IPUMS USA extract {number} of sample {sample}",
                )
            )
        return landed

    def _ordered(self, state_path: Path, definition: MicrodataExtract) -> int:
        """The number of the extract that was ordered with this definition, now or by an earlier run."""
        digest = catalog.digest(definition.build())
        state = files.read_json(state_path, {})
        if state.get("definition_sha256") == digest:
            return state["number"]
        number = self._ask(lambda: self.client.submit_extract(definition).extract_id)
        files.write_json(
            state_path, {"number": number, "definition_sha256": digest, "definition": definition.build()}
        )
        return number

    def _wait(self, number: int) -> dict | None:
        """The download links of a finished extract, None where it has expired or IPUMS does not know it."""
        waited, pause = 0.0, self.first_wait
        while True:
            try:
                info = self._ask(lambda: self.client.get_extract_info(number, "usa"))
            except IpumsNotFound:
                return None
            status, links = str(info.get("status", "")).lower(), info.get("downloadLinks") or {}
            if status == "completed":
                return links if {"data", "ddiCodebook"} <= set(links) else None
            if status in ("failed", "canceled"):
                raise SourceUnreachable(
                    f"IPUMS could not make extract {number} (status {status}). Look at it on "
                    "https://usa.ipums.org/usa-action/data_requests/download, delete the .extract.json "
                    "file of the vintage in ipums_usa/ and run the same command to order it again."
                )
            if waited >= self.patience:
                raise SourceUnreachable(
                    f"IPUMS extract {number} is not ready after {waited / 60:.0f} minutes (status "
                    f"{status}). Run the same command later: it goes on waiting for this extract."
                )
            time.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, self.longest_wait)

    def _download(self, link: dict, partial: Path) -> None:
        """Download to ``partial``, going on after what an earlier attempt left there, and check size and
        sha256.
        """
        partial.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(self.attempts):
            try:
                self._continue(link["url"], partial)
                if self._is_complete(link, partial):
                    return
            except (requests.RequestException, OSError) as error:
                problem = f"{type(error).__name__}: {_without_key(error, self.client.api_key)}"
            else:
                problem = f"{partial.stat().st_size} of {link.get('bytes', 'unknown')} bytes"
            if attempt + 1 < self.attempts:
                time.sleep(min(self.first_wait * 2**attempt, self.longest_wait))
        raise SourceUnreachable(
            f"The download of {link['url']} broke off {self.attempts} times ({problem}). What has come is "
            f"kept in {partial}; run the same command to go on."
        )

    def _continue(self, url: str, partial: Path) -> None:
        have = partial.stat().st_size if partial.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        if urlsplit(url).netloc != urlsplit(self.base_url).netloc:
            headers["Authorization"] = None
        with self.client.session.get(url, headers=headers, stream=True, timeout=(30, 300)) as response:
            if response.status_code == 416:
                return
            if response.status_code in (401, 403):
                raise UsageError("IPUMS refused the key in IPUMS_API_KEY for the download.")
            response.raise_for_status()
            # a server that ignores Range sends the whole file with 200
            with open(partial, "ab" if response.status_code == 206 else "wb") as out:
                for piece in response.iter_content(PIECE):
                    out.write(piece)

    @staticmethod
    def _is_complete(link: dict, partial: Path) -> bool:
        if link.get("bytes") is not None and partial.stat().st_size < int(link["bytes"]):
            return False
        with open(partial, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if link.get("sha256") and digest != link["sha256"]:
            partial.unlink()
            raise InputError(
                "A downloaded IPUMS file is damaged",
                file=partial,
                expected=f"sha256 {link['sha256']}",
                found=digest,
                advice="It was deleted; run the same command to download it again.",
            )
        return True

    def _ask(self, question):
        """The answer of the API, its errors as the project's."""
        try:
            return question()
        except IpumsNotFound:
            raise
        except IpumsAPIAuthenticationError as error:
            raise UsageError(
                "IPUMS refused the key in IPUMS_API_KEY. Check it, and whether it has expired, on "
                "https://account.ipums.org/api_keys."
            ) from error
        except BadIpumsApiRequest as error:
            raise UsageError(
                f"IPUMS refused the extract definition of pipeline/catalog/sources/acs_pums.yml: {error}"
            ) from error
        except IpumsApiRateLimitException as error:
            raise SourceUnreachable(
                "IPUMS limits the number of requests and did so repeatedly. Run the same command later."
            ) from error
        except (IpumsApiException, requests.RequestException, ValueError, KeyError) as error:
            raise SourceUnreachable(
                f"IPUMS did not answer as its API does ({self.base_url}): "
                f"{_without_key(error, self.client.api_key)}"
            ) from error


def define(sample: str, extract: Extract) -> MicrodataExtract:
    """The extract of one sample: the declared variables, structure and case selections, fixed width."""
    structure = {"rectangular": {"on": "P"}} if extract.structure == "rectangular" else {"hierarchical": {}}
    definition = MicrodataExtract(
        "usa", [sample], extract.variables, description=f"mobility {sample}", data_structure=structure
    )
    for variable, codes in extract.case_selections.items():
        definition.select_cases(variable, codes)
    return definition


def _without_key(error, key: str) -> str:
    return " ".join(str(error).replace(key, "<key>").split())[:300]
