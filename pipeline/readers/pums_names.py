"""What the names of ACS PUMS files say: persons or housing units, and of which state."""

from __future__ import annotations

import filecmp
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.catalog.states import states
from pipeline.errors import InputError

# The Census Bureau's names, and those of the files with some columns as Parquet
_NAMES = (
    re.compile(r"(?:psam_|csv_|ss\d\d)([ph])(us[a-z]?|[a-z]{2}|\d\d)\.(?:csv|csv\.gz|zip)"),
    re.compile(r"([ph])_(\d\d)\.parquet"),
)


@dataclass(frozen=True)
class Holds:
    """What a file's name says: records of persons or housing units (p, h), and the area: FIPS code of a state, or us, usa, …"""

    records: str
    area: str

    @property
    def state(self) -> str | None:
        """The FIPS code, None for the nation or a part of it."""
        return None if self.area.startswith("us") else self.area


def refuse_overlap(path: Path) -> Holds:
    """What a file holds by its name. Raises InputError where its name does not tell it, or another file beside it holds (some
    of) the same states, or the same bytes: each record counts once.
    """
    mine = _holds(path)
    if not mine:
        raise InputError(
            "A raw file has a name that does not say what it holds",
            file=path,
            expected="a name of the Census Bureau's, such as psam_p37.csv, csv_pnc.zip or psam_pusa.csv",
            found=path.name,
            advice="If it is a copy of another file, move it out of the folder; else give it back its name.",
        )
    for other in sorted(path.parent.iterdir()):
        theirs = _holds(other)
        if other == path or not theirs or theirs.records != mine.records:
            continue
        nation = [each.area for each in (mine, theirs) if each.area.startswith("us")]
        both_parts = len(nation) == 2 and len(mine.area) == len(theirs.area) == 3
        same = mine.area == theirs.area or (nation and not both_parts and "72" not in (mine.area, theirs.area))
        if same or (other.stat().st_size == path.stat().st_size and filecmp.cmp(path, other, shallow=False)):
            raise InputError(
                "Two raw files hold the same records",
                file=path,
                expected="each state in one file",
                found=other.name,
                advice="Keep one of them in the folder.",
            )
    return mine


def _holds(path: Path) -> Holds | None:
    match = next((found for name in _NAMES if (found := name.fullmatch(path.name.lower()))), None)
    codes = {state.postal.lower(): state.fips for state in states()}
    return Holds(match[1], codes.get(match[2], match[2])) if match else None
