"""IPUMS USA extracts through the IPUMS extract API (version 2) and ipumspy: order, wait, download, land.

What was ordered is remembered in ``<raw>/ipums_usa/<vintage>.extract.json``, so a run that was stopped goes
on where it was: waiting for the same extract, or in the middle of a download. The key comes from
IPUMS_API_KEY, goes into the Authorization header of the API's own host, and is nowhere written.
"""

from __future__ import annotations

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

from pipeline import catalog
from pipeline.catalog.models import Extract
from pipeline.connectors.download import Download, new_session
from pipeline.errors import SourceUnreachable, UsageError
from pipeline.store import files
from pipeline.store.landing import Landing

BASE_URL = "https://api.ipums.org"


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
            raise UsageError("IPUMS needs a key: set IPUMS_API_KEY (free, https://account.ipums.org/api_keys).")
        self.landing, self.base_url, self.attempts = landing, base_url.rstrip("/"), attempts
        self.first_wait, self.longest_wait, self.patience = first_wait, longest_wait, patience
        session = new_session(attempts, first_wait, longest_wait)
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
        files.write_json(state_path, {"number": number, "definition_sha256": digest, "definition": definition.build()})
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
        """Download to ``partial``; the key goes to the API's own host only."""
        other_host = urlsplit(link["url"]).netloc != urlsplit(self.base_url).netloc
        Download(
            self.client.session,
            link["url"],
            partial,
            size=link.get("bytes"),
            sha256=link.get("sha256"),
            headers={"Authorization": None} if other_host else {},
            secret=self.client.api_key,
        ).finish(self.attempts, self.first_wait, self.longest_wait)

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
                f"IPUMS did not answer as its API does ({self.base_url}): {_without_key(error, self.client.api_key)}"
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
