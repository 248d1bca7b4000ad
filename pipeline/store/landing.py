"""The raw directory: immutable files, manifests of their hashes, revisions (design §4.2)."""

from __future__ import annotations

import datetime
import fnmatch
import os
import re
import shutil
from functools import cached_property, lru_cache
from pathlib import Path

from pipeline import settings
from pipeline.catalog.models import WILDCARDS
from pipeline.errors import InputError
from pipeline.store import files

MANIFEST = "manifest.json"


class Landing:
    """The files of a raw directory and what is known of them.

    Every source's folder has a manifest of its own, ``<raw>/<folder>/manifest.json``: relative path ->
    ``{"revisions": [...]}``, each revision with file, sha256, bytes, mtime_ns, url, fetched_at, etag,
    last_modified and how_obtained. Where the raw directory cannot be written to, the manifests lie in
    ``manifests`` as ``<folder>.json`` and the raw directory is only read. A file the manifest does not know is
    hashed and taken in when it is first used. Files that come with the project stand in where the raw directory
    has none of the name.
    """

    def __init__(self, raw: Path, manifests: Path, bundled: Path = settings.BUNDLED):
        self.raw, self.manifests, self.bundled = raw, manifests, bundled
        self.read_only = raw.exists() and not os.access(raw, os.W_OK)
        self._entries: dict[str, dict] = {}
        self._listings: dict[str, dict[str, list[str]]] = {}
        self._known: dict[str, dict[str, list[str]]] = {}
        self._taken_in: dict[str, dict] = {}
        self._changed: set[str] = set()
        # Before each source had its own, one manifest held them all; it is read and never written.
        self._common = files.read_json(raw / MANIFEST, {})

    # -- what is there --------------------------------------------------------------------------------

    def find(self, pattern: str) -> list[str]:
        """Relative paths of landed files that match ``pattern`` (a path or a glob), sorted."""
        folder = _folder(pattern)
        if not WILDCARDS.search(pattern):
            return [pattern] if self.locate(pattern).exists() else []
        if folder not in self._listings:
            self._listings[folder] = _by_folder(
                {path for root in (self.bundled, self.raw) for path in _walk(root, folder)} - self._revisions(folder)
            )
        return _matching(self._listings[folder], pattern)

    def has(self, folder: str) -> bool:
        """Whether the raw directory has files in the source's folder, or had."""
        return next(_walk(self.raw, folder), None) is not None or bool(self.entries(folder))

    def _revisions(self, folder: str) -> set[str]:
        """Files that are revisions of others, and the manifest."""
        revised = {
            revision["file"]
            for path, entry in self.entries(folder).items()
            for revision in entry["revisions"]
            if revision["file"] != path
        }
        return revised | {f"{folder}/{MANIFEST}"}

    def gone(self, pattern: str) -> tuple[list[str], list[str]]:
        """Files that match ``pattern``, were landed and are not there: the lost ones, and those that are given up (accepted
        to be gone). One that lies there packed otherwise is not lost."""
        folder = _folder(pattern)
        if folder not in self._known:
            self._known[folder] = _by_folder(self.entries(folder))
        lost, given_up = [], []
        for path in _matching(self._known[folder], pattern):
            if self.locate(path).exists():
                continue
            if self.entries(folder)[path].get("given_up"):
                given_up.append(path)
            elif not any(self.locate(other).exists() for other in packed_otherwise(path)):
                lost.append(path)
        return lost, given_up

    def lost(self, pattern: str) -> list[str]:
        """Files that match ``pattern``, were landed and are gone without being given up."""
        return self.gone(pattern)[0]

    def locate(self, relative: str) -> Path:
        """Where the current revision of ``relative`` lies."""
        entry = self.entries(_folder(relative)).get(relative)
        path = self.raw / (entry["revisions"][-1]["file"] if entry else relative)
        return self.bundled / relative if relative in self._stand_ins and not path.exists() else path

    @cached_property
    def _stand_ins(self) -> set[str]:
        """Relative paths of the files that come with the project."""
        return set(_walk(self.bundled, "."))

    def is_bundled(self, relative: str) -> bool:
        """Whether the file that is read under this name comes with the project."""
        return relative in self._stand_ins and self.locate(relative) == self.bundled / relative

    def entries(self, folder: str) -> dict:
        """The manifest of one folder."""
        if folder not in self._entries:
            common = {path: entry for path, entry in self._common.items() if _folder(path) == folder}
            self._entries[folder] = common | files.read_json(self._manifest(folder), {})
        return self._entries[folder]

    def _manifest(self, folder: str) -> Path:
        return self.manifests / f"{folder}.json" if self.read_only else self.raw / folder / MANIFEST

    # -- taking in ------------------------------------------------------------------------------------

    def take_in(self, relative: str) -> dict:
        """The current revision of a file; hashed when it is new or its size or time has changed.

        A file whose content was changed in place becomes a further revision. Raises InputError where
        the file is missing.
        """
        path = self.locate(relative)
        try:
            stat = path.stat()
        except FileNotFoundError as error:
            raise InputError(
                "A raw file is missing",
                file=path,
                expected="the landed file",
                found="nothing",
                advice=f"Put it there or run: mobility fetch {_folder(relative)}",
            ) from error
        signature = (stat.st_size, stat.st_mtime_ns)
        taken = self._taken_in.get(relative)
        if taken and (taken["bytes"], taken["mtime_ns"]) == signature:
            return taken
        self._taken_in[relative] = revision = self._revision(relative, path, stat)
        return revision

    def _revision(self, relative: str, path: Path, stat) -> dict:
        if self.is_bundled(relative):
            return _described(relative, path, files.sha256(path), how_obtained="comes with the project")
        entry = self.entries(_folder(relative)).get(relative, {})
        revisions = entry.get("revisions", [])
        if entry.pop("given_up", None):
            self._changed.add(relative)
        if revisions and (stat.st_size, stat.st_mtime_ns) == (revisions[-1]["bytes"], revisions[-1]["mtime_ns"]):
            return revisions[-1]
        digest = files.sha256(path)
        if revisions and revisions[-1]["sha256"] == digest:
            revisions[-1]["mtime_ns"] = stat.st_mtime_ns
            self._changed.add(relative)
            return revisions[-1]
        if not revisions:
            return self._record(relative, path, digest, how_obtained="found in the raw directory")
        # A synthetic file that was edited is still synthetic.
        kept = {name: revisions[-1][name] for name in ("synthetic",) if name in revisions[-1]}
        return self._record(relative, path, digest, how_obtained="replaced by hand", **kept)

    def accept_partial(self, pattern: str) -> list[str]:
        """Accept the files that match ``pattern`` as they are, partial or gone; their paths. The manifest keeps it: a
        file as long as its content stays, a lost one until it is back."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        found = [path for path in self.find(pattern) if (self.raw / path).exists()]
        for path in found:
            self.take_in(path).setdefault("accepted_partial", now)
        lost = self.lost(pattern)
        for path in lost:
            self.entries(_folder(path))[path]["given_up"] = now
        self._changed.update([*found, *lost])
        return [*found, *lost]

    def land(self, relative: str, downloaded: Path, **origin) -> dict:
        """Move a finished download into the raw directory. The first file keeps its name; a changed one
        becomes ``<stem>.rev<N><suffix>`` beside it, and an equal one changes nothing."""
        digest = files.sha256(downloaded)
        if (self.raw / relative).exists():
            self.take_in(relative)
        revisions = self.entries(_folder(relative)).get(relative, {}).get("revisions", [])
        if revisions and revisions[-1]["sha256"] == digest:
            downloaded.unlink()
            return revisions[-1]
        name = Path(relative)
        target = name if not revisions else name.with_name(f"{name.stem}.rev{len(revisions) + 1}{name.suffix}")
        with files.atomic(self.raw / target) as temporary:
            shutil.move(downloaded, temporary)
        revision = self._record(relative, self.raw / target, digest, **origin)
        self._listings.pop(_folder(relative), None)
        self._taken_in.pop(relative, None)
        self.save()
        return revision

    def _record(self, relative: str, path: Path, digest: str, **origin) -> dict:
        revision = _described(str(path.relative_to(self.raw)), path, digest, **origin)
        self.entries(_folder(relative)).setdefault(relative, {"revisions": []})["revisions"].append(revision)
        self._changed.add(relative)
        self._known.pop(_folder(relative), None)
        return revision

    def revisions(self):
        """Every revision of every landed file."""
        folders = {path.name for path in self.raw.glob("*") if path.is_dir()} | {_folder(path) for path in self._common}
        for folder in sorted(folders):
            for entry in self.entries(folder).values():
                yield from entry["revisions"]

    def is_synthetic(self) -> bool:
        """Whether any landed file is of the synthetic sample."""
        return any(revision.get("synthetic") for revision in self.revisions())

    def save(self) -> None:
        """Write the manifests of the folders in which anything was taken in; what others wrote meanwhile stays."""
        for folder in {_folder(path) for path in self._changed}:
            manifest = self._manifest(folder)
            with files.locked(manifest.with_name(f".{manifest.stem}.lock")):
                mine = {path: self.entries(folder)[path] for path in self._changed if _folder(path) == folder}
                self._entries[folder] = self.entries(folder) | files.read_json(manifest, {}) | mine
                files.write_json(manifest, self._entries[folder])
        self._changed.clear()


def _described(relative: str, path: Path, digest: str, **origin) -> dict:
    stat = path.stat()
    return {
        "file": relative,
        "sha256": digest,
        "bytes": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "url": None,
        "etag": None,
        "last_modified": None,
        "fetched_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **origin,
    }


def packed_otherwise(relative: str) -> set[str]:
    """Names that the same file may have plain, as gzip or as zip."""
    plain = relative.removesuffix(".gz").removesuffix(".zip")
    plain = plain if "." in plain.rpartition("/")[2] else f"{plain}.csv"
    return {plain, f"{plain}.gz", f"{plain.rpartition('.')[0]}.zip"} - {relative}


def _folder(relative: str) -> str:
    return relative.partition("/")[0]


def _walk(root: Path, folder: str):
    for current, names, found in os.walk(root / folder, followlinks=True):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in found:
            if not name.startswith("."):
                yield os.path.relpath(os.path.join(current, name), root)


def _by_folder(paths) -> dict[str, list[str]]:
    """Paths by the folder they lie in."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def _matching(by_folder: dict[str, list[str]], pattern: str) -> list[str]:
    """Paths that match a glob; as in the file system, ``*`` does not cross a slash."""
    folder, _, name = pattern.rpartition("/")
    chosen = by_folder.get(folder, [])
    if WILDCARDS.search(folder):
        chosen = [path for each, paths in by_folder.items() if _glob(folder)(each) for path in paths]
    if not WILDCARDS.search(name):
        return [path for path in chosen if path.rpartition("/")[2] == name]
    matches = _glob(name)
    return [path for path in chosen if matches(path.rpartition("/")[2])]


@lru_cache(maxsize=4096)
def _glob(pattern: str):
    parts = [re.compile(fnmatch.translate(part)) for part in pattern.split("/")]

    def matches(path: str) -> bool:
        found = path.split("/")
        return len(found) == len(parts) and all(part.match(name) for part, name in zip(parts, found, strict=True))

    return matches
