"""Tables of the American Community Survey from the Census Bureau's data interface, state by state.

censusdis knows which geographies a vintage has and how they are asked for; the answers are landed as they come, each with
its request (without the key) in the manifest. A file that is landed is left alone, so a run that was stopped goes on where
it was. A key (CENSUS_API_KEY) is not needed, but without one the Bureau allows 500 requests a day.
"""

from __future__ import annotations

import json
import os
import time

import requests
from censusdis import data, states
from censusdis.impl.exceptions import CensusApiException

from pipeline.catalog.models import RawFile, fill
from pipeline.connectors.download import new_session
from pipeline.errors import InputError, SourceUnreachable, UsageError
from pipeline.store import files
from pipeline.store.landing import Landing

DATASET = "acs/acs5"
# Geography of a path -> what is asked for; {state} is filled in
_GEOGRAPHIES = {
    "tract": {"state": "{state}", "tract": "*"},
    "place": {"state": "{state}", "place": "*"},
    "county": {"state": "*", "county": "*"},
}


class CensusTables:
    """Lands answers of the interface. ``pause`` (seconds) lies between requests; ``attempts`` bounds those for one file."""

    def __init__(
        self, landing: Landing, session: requests.Session | None = None, pause: float = 0.2, attempts: int = 3
    ):
        self.landing, self.session, self.pause, self.attempts = landing, session or new_session(), pause, attempts
        self.key = os.environ.get("CENSUS_API_KEY", "").strip() or None

    def fetch(self, raw: RawFile, vintage: str, tell=lambda text: None) -> list[dict]:
        """Land the files of all states and tables of ``raw`` that are not there yet; returns their manifest revisions.

        Raises UsageError for a refused key or an unknown variable, SourceUnreachable where the Bureau does not answer or
        limits requests, InputError for an answer that is not the table; what was landed before stays.
        """
        revisions = []
        for table in raw.tables:
            for relative, geography, state in _wanted(raw, vintage, table):
                if self.landing.find(relative) or self.landing.find(f"{relative}.gz"):
                    continue
                tell(f"{relative} <- {DATASET} {vintage}")
                revisions.append(self._land(relative, raw, vintage, table, geography, state))
                time.sleep(self.pause)
        return revisions

    def _land(self, relative: str, raw: RawFile, vintage: str, table: str, geography: str, state: str) -> dict:
        variables = ["NAME", *(f"{table}_{name[1:]}{name[0]}" for name in raw.columns if name[1:].isdigit())]
        area = {name: value.replace("{state}", state) for name, value in _GEOGRAPHIES[geography].items()}
        try:
            url, asked, _ = data.census_table_url(DATASET, int(vintage), variables, api_key=self.key, **area)
        except (CensusApiException, requests.RequestException, ValueError) as error:
            raise SourceUnreachable(
                f"The Census Bureau does not say which geographies {DATASET} {vintage} has: {self._without_key(error)}"
            ) from error
        content = self._answer(url, asked, relative)
        request = requests.Request("GET", url, params={name: value for name, value in asked.items() if name != "key"})
        with files.atomic(self.landing.raw / f"{relative}.part") as partial:
            partial.write_bytes(content)
        return self.landing.land(
            relative,
            self.landing.raw / f"{relative}.part",
            url=request.prepare().url,
            how_obtained=f"Census Bureau interface, {DATASET} {vintage}",
        )

    def _answer(self, url: str, asked: dict, relative: str) -> bytes:
        """The bytes of a complete answer, asked for again where it breaks off."""
        problem = ""
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 5**attempt)
            try:
                response = self.session.get(url, params=asked, timeout=(30, 300))
                content = response.content
            except requests.RequestException as error:
                problem = f"{type(error).__name__}: {self._without_key(error)}"
                continue
            self._refuse(response, relative)
            if _is_table(content):
                return content
            problem = f"an answer that is cut off after {len(content)} bytes"
        raise SourceUnreachable(
            f"The Census Bureau did not give {relative} in {self.attempts} attempts ({problem}). Run the same command to go on."
        )

    def _refuse(self, response: requests.Response, relative: str) -> None:
        """Raise where the answer is none, with the Bureau's words."""
        status, text = response.status_code, " ".join(response.text[:2000].split())
        told = self._without_key(text)[:300]
        if "key" in text.lower() and (status in (401, 403) or "<html" in text.lower()):
            raise UsageError(
                "The Census Bureau refused the key in CENSUS_API_KEY, or wants one (free, "
                f"https://api.census.gov/data/key_signup.html); {relative}: {told}"
            )
        if status == 204:
            raise InputError(
                "The Census Bureau has no data for a request",
                file=relative,
                expected="a table",
                found="HTTP 204, no content",
                advice="The vintage may not have this table or state.",
            )
        if status == 400 and "unknown variable" in text:
            raise UsageError(
                f"The Census Bureau does not know a variable of {relative}: {told}. If the vintage has another name for it, say "
                "so in pipeline/catalog/sources/census_acs.yml."
            )
        if status == 429:
            raise SourceUnreachable(
                f"The Census Bureau limits the number of requests and did so repeatedly ({relative}). Run the same command later, "
                "or with a key in CENSUS_API_KEY."
            )
        if status != 200:
            raise SourceUnreachable(f"The Census Bureau answered HTTP {status} for {relative}: {told}")

    def _without_key(self, error) -> str:
        text = " ".join(str(error).split())[:300]
        return text.replace(self.key, "<key>") if self.key else text


def _wanted(raw: RawFile, vintage: str, table: str) -> list[tuple[str, str, str]]:
    """Path, geography and state of each file of a table: one per state, or one for the nation."""
    folder, _, name = fill(raw.path, vintage).rpartition("/")
    base = f"census_acs/{vintage}_acs5/{table}"
    if name != "*.json":
        geography = name.removesuffix(".json")
        return [(f"{base}/{name}", geography, "")]
    geography = folder.rpartition("/")[2]
    return [(f"{base}/{geography}/{state}.json", geography, state) for state in sorted(states.ALL_STATES_AND_DC)]


def _is_table(content: bytes) -> bool:
    try:
        rows = json.loads(content)
    except ValueError:
        return False
    return isinstance(rows, list) and len(rows) > 1 and all(isinstance(row, list) for row in rows)
