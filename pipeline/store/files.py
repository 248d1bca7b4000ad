"""Atomic files and hashes: a file is complete or absent, also when the process is killed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path

TEMPORARY = ".partial-"


def sha256(path: Path) -> str:
    """Hash of the file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def atomic(path: Path):
    """Give a temporary path beside ``path``; on success flush it to disk and rename it over ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        yield temporary
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(finished: Path, path: Path) -> None:
    """Flush a finished file to disk and rename it over ``path`` (of the same file system)."""
    with open(finished, "rb") as stream:
        os.fsync(stream.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    finished.replace(path)


def as_json(content) -> str:
    """``content`` as the project writes JSON: sorted keys, one line per value."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"


def write_json(path: Path, content) -> None:
    """Write ``content`` as JSON, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(as_json(content), encoding="utf-8")


def read_json(path: Path, default=None):
    """The JSON file's content, or ``default`` where it is absent or was cut off."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return default


@contextlib.contextmanager
def locked(path: Path):
    """Hold the lock file ``path``; waits while another process holds it. The kernel frees it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
