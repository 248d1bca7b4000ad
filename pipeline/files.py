"""Atomic files and hashes: a file is complete or absent, also when the process is killed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

TEMPORARY = ".partial-"


def sha256(path: Path) -> str:
    """Hash of the file's bytes, read in pieces of 1 MiB."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def atomic(path: Path):
    """Give a temporary path beside ``path``; on success flush it to disk and rename it over ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content) -> None:
    """Write ``content`` as JSON, atomically, with sorted keys."""
    with atomic(path) as temporary:
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, default=None):
    """The JSON file's content, or ``default`` where it is absent or was cut off."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return default


def remove_leftovers(folder: Path) -> list[Path]:
    """Delete temporary files that a killed process left below ``folder``; returns what was deleted."""
    leftovers = list(folder.rglob(f"{TEMPORARY}*")) if folder.exists() else []
    for path in leftovers:
        path.unlink(missing_ok=True)
    return leftovers
