"""What DuckDB's parser said of a statement, kept from command to command: parsing all SQL takes most of a second.

The cache is keyed by the statement's text and DuckDB's version, so it can be deleted at any time and never goes stale.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
from functools import cache
from pathlib import Path

import duckdb

from pipeline import settings

_NEW: dict[str, list] = {}


def find(sql: str) -> list | None:
    """What was kept for the statement, None where it is new."""
    return _kept().get(_key(sql))


def keep(sql: str, value: list) -> None:
    """Keep a JSON-able value for the statement; written when the process ends."""
    if not _NEW:
        atexit.register(_write)
    _NEW[_key(sql)] = _kept()[_key(sql)] = value


def _key(sql: str) -> str:
    return hashlib.sha256(f"{duckdb.__version__}\n{sql}".encode()).hexdigest()


def _path() -> Path:
    return settings.cache_folder() / "parsed-sql.json"


@cache
def _kept() -> dict:
    try:
        return json.loads(_path().read_bytes())
    except (OSError, ValueError):
        return {}


def _write() -> None:
    """Add what is new; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        _kept.cache_clear()
        content = _kept() | _NEW
        temporary = _path().with_name(f".{os.getpid()}-{_path().name}")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(_path())
