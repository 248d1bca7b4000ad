"""The raw directory: immutable files, a manifest of their hashes, revisions (design §4.2)."""

from __future__ import annotations

import datetime
import os
import shutil
from pathlib import Path

from pipeline import files
from pipeline.errors import InputError

MANIFEST = "manifest.json"


class Landing:
    """The files of a raw directory and what is known of them.

    The manifest is ``<raw>/manifest.json``: relative path -> ``{"revisions": [...]}``, each revision
    with file, sha256, bytes, mtime_ns, url, fetched_at, etag, last_modified and how_obtained. Where the
    raw directory cannot be written to, the manifest is kept in the store and the raw directory is
    only read. A file the manifest does not know is hashed and taken in when it is first used.
    """

    def __init__(self, raw: Path, store: Path):
        self.raw = raw
        read_only = raw.exists() and not os.access(raw, os.W_OK)
        self.path = (store / "raw-manifest.json") if read_only else raw / MANIFEST
        self.entries: dict = files.read_json(self.path, None) or files.read_json(raw / MANIFEST, {})
        self._changed = False

    def find(self, pattern: str) -> list[str]:
        """Relative paths of landed files that match ``pattern`` (a path or a glob), sorted."""
        if not any(sign in pattern for sign in "*?["):
            return [pattern] if self.locate(pattern).exists() else []
        found = {str(path.relative_to(self.raw)) for path in self.raw.glob(pattern) if path.is_file()}
        revised = {
            revision["file"]
            for path, entry in self.entries.items()
            for revision in entry["revisions"]
            if revision["file"] != path
        }
        return sorted(path for path in found - revised if not Path(path).name.startswith(files.TEMPORARY))

    def known(self, pattern: str) -> list[str]:
        """Relative paths in the manifest that match ``pattern``, whether the file is still there or not."""
        return sorted(path for path in self.entries if Path(path).match(pattern) or path == pattern)

    def locate(self, relative: str) -> Path:
        """Where the current revision of ``relative`` lies."""
        entry = self.entries.get(relative)
        return self.raw / (entry["revisions"][-1]["file"] if entry else relative)

    def take_in(self, relative: str) -> dict:
        """The current revision of a file; hashed when it is new or its size or time has changed.

        A file whose content was changed in place becomes a further revision. Raises InputError where
        the file is missing.
        """
        path = self.locate(relative)
        if not path.exists():
            raise InputError(
                "A raw file is missing",
                file=path,
                expected="the landed file",
                found="nothing",
                advice=f"Put it there or run: mobility fetch {relative.split('/')[0]}",
            )
        stat = path.stat()
        revisions = self.entries.get(relative, {}).get("revisions", [])
        if revisions and (stat.st_size, stat.st_mtime_ns) == (revisions[-1]["bytes"], revisions[-1]["mtime_ns"]):
            return revisions[-1]
        digest = files.sha256(path)
        if revisions and revisions[-1]["sha256"] == digest:
            revisions[-1]["mtime_ns"] = stat.st_mtime_ns
            self._changed = True
            return revisions[-1]
        how = "replaced by hand" if revisions else "found in the raw directory"
        return self._record(relative, path, digest, how_obtained=how)

    def land(self, relative: str, downloaded: Path, **origin) -> dict:
        """Move a finished download into the raw directory. The first file keeps its name; a changed one
        becomes ``<stem>.rev<N><suffix>`` beside it, and an equal one changes nothing."""
        digest = files.sha256(downloaded)
        revisions = self.entries.get(relative, {}).get("revisions", [])
        if not revisions and (self.raw / relative).exists():
            self.take_in(relative)
            revisions = self.entries[relative]["revisions"]
        if revisions and revisions[-1]["sha256"] == digest:
            downloaded.unlink()
            return revisions[-1]
        name = Path(relative)
        target = name if not revisions else name.with_name(f"{name.stem}.rev{len(revisions) + 1}{name.suffix}")
        with files.atomic(self.raw / target) as temporary:
            shutil.move(downloaded, temporary)
        revision = self._record(relative, self.raw / target, digest, **origin)
        self.save()
        return revision

    def _record(self, relative: str, path: Path, digest: str, **origin) -> dict:
        stat = path.stat()
        revision = {
            "file": str(path.relative_to(self.raw)),
            "sha256": digest,
            "bytes": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "url": None,
            "etag": None,
            "last_modified": None,
            "fetched_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        revision |= origin
        self.entries.setdefault(relative, {"revisions": []})["revisions"].append(revision)
        self._changed = True
        return revision

    def is_synthetic(self) -> bool:
        """Whether any raw file is of the synthetic sample; every output then says so."""
        return any(revision.get("synthetic") for entry in self.entries.values() for revision in entry["revisions"])

    def save(self) -> None:
        """Write the manifest if anything was taken in since it was read."""
        if self._changed:
            files.write_json(self.path, self.entries)
            self._changed = False
