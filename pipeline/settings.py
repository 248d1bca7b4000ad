"""Where things are, and the choices that hold for one command."""

from __future__ import annotations

import gc
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
# In an installed package sql/ lies within it, in a checkout beside it.
SQL = PACKAGE / "sql" if (PACKAGE / "sql").is_dir() else PROJECT / "sql"
CATALOG = PACKAGE / "catalog"
# Small public tables that come with the project (price indices), laid out as a raw directory.
BUNDLED = CATALOG / "bundled"

METHOD = "2025"
PROVIDER = "census"


def cache_folder() -> Path:
    """Where what can be made again is kept between commands (MOBILITY_CACHE, else ``~/.cache/mobility``)."""
    return Path(os.environ.get("MOBILITY_CACHE") or Path.home() / ".cache" / "mobility")


def collect_rarely() -> None:
    """Let Python look for cycles a hundred times less often: a plan is some hundred thousand objects that stay, and looking
    through them takes a tenth of a command."""
    gc.set_threshold(100_000, 50)


_SIZE = re.compile(r"(?i)[0-9]*[.]?[0-9]*[1-9][0-9.]*\s*[kmgt]i?b")


@dataclass(frozen=True)
class Settings:
    """Paths and choices that hold for one command.

    ``raw`` and ``store`` follow design §4.2 and §2 (``store`` is a directory or the URL of an object store);
    ``method`` is an edition of design §4.7, ``provider`` one of §4.9. ``threads`` and ``memory`` (as DuckDB
    writes it, "4GB") limit each step; ``processes`` is how many a build may make tables in at the same time (None: as pays),
    ``beside`` how many are doing so now and share the memory.
    """

    raw: Path
    store: str
    method: str = METHOD
    provider: str = PROVIDER
    threads: int | None = None
    memory: str | None = None
    processes: int | None = None
    beside: int = 1

    @classmethod
    def of(cls, raw=None, store=None, **choices) -> Settings:
        """Settings from arguments, else from MOBILITY_RAW, _STORE, _THREADS, _MEMORY and _PROCESSES, else the defaults.
        UsageError for a limit that is none."""
        raw = raw or os.environ.get("MOBILITY_RAW") or "data/raw"
        store = str(store or os.environ.get("MOBILITY_STORE") or "data/store")
        limits = {name: os.environ.get(f"MOBILITY_{name.upper()}") for name in ("threads", "memory", "processes")}
        given = {name: value for name, value in limits.items() if value}
        given |= {name: value for name, value in choices.items() if value}
        given |= {name: _count(name, given[name]) for name in ("threads", "processes") if name in given}
        if not _SIZE.fullmatch(str(given.get("memory", "1GB"))):
            raise UsageError(f"--memory (MOBILITY_MEMORY) is a size such as 4GB or 500MB, not {given['memory']!r}.")
        return cls(Path(raw).resolve(), store if "://" in store else str(Path(store).resolve()), **given)


def _count(name: str, value: str | int) -> int:
    if not re.fullmatch(r"[1-9][0-9]*", str(value)):
        raise UsageError(f"--{name} (MOBILITY_{name.upper()}) is a whole number from 1 on, not {value!r}.")
    return int(value)
