"""What is a function of a text alone, kept from command to command: parsing all SQL, YAML and Python of the project takes
a second.

The cache is keyed by the text, the module that computes, and the versions of Python and DuckDB, so it can be deleted at
any time and never goes stale.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb

from pipeline import settings

_CHECKSUM = hashlib.sha256().digest_size
_NEW: dict[str, bytes] = {}


def kept(compute: Callable[[str], object], text: str):
    """``compute(text)``: as it was kept, else computed, and kept when the process ends."""
    versions = f"{sys.version}\n{duckdb.__version__}\n{_module_hash(compute.__code__.co_filename)}\n{compute.__name__}"
    key = hashlib.sha256(f"{versions}\n{text}".encode()).hexdigest()
    if key not in _before():
        value = compute(text)
        try:
            packed = marshal.dumps(value)
        except ValueError:
            # What is of other types, such as a date in a YAML file, is not kept.
            return value
        if not _NEW:
            atexit.register(_write)
        _NEW[key] = _before()[key] = packed
    return marshal.loads(_before()[key])


@cache
def _module_hash(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _path() -> Path:
    return settings.cache_folder() / "kept"


@cache
def _before() -> dict[str, bytes]:
    try:
        written = _path().read_bytes()
    except OSError:
        return {}
    content = written[_CHECKSUM:]
    # A damaged file must not become a damaged plan.
    return marshal.loads(content) if hashlib.sha256(content).digest() == written[:_CHECKSUM] else {}


def _write() -> None:
    """Add what is new; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        _before.cache_clear()
        content = marshal.dumps(_before() | _NEW)
        temporary = _path().with_name(f".{os.getpid()}-{_path().name}")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(hashlib.sha256(content).digest() + content)
        temporary.replace(_path())
