"""The store: tables by address, each committed whole with its record; a local directory or an object store by URL.

An address is a relative path such as ``metrics/living-wage/county/2022.parquet``; nothing else in the project builds
paths into a store. DuckDB reads and writes local files only: a remote table is read through a cache by content hash
and written by upload.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from pipeline import settings
from pipeline.errors import InputError
from pipeline.store import files

RECORD = ".lineage.json"


FAILURES = PurePosixPath("failures")


def failure_address(address: str) -> str:
    """Where it is told why a table could not be made the last time."""
    return str(FAILURES / PurePosixPath(address).with_suffix(".json"))


def record_address(address: str) -> str:
    """Where the record of a table lies."""
    return str(PurePosixPath(address).with_suffix(RECORD))


def open_store(location: str, cache: Path | None = None) -> Store:
    """The store at a directory or, where ``location`` has a scheme (``memory://``, ``s3://``), at that URL.

    ``cache`` is the local directory of a remote store (MOBILITY_CACHE, else ``~/.cache/mobility``).
    """
    if "://" not in str(location):
        return LocalStore(Path(location))
    return RemoteStore(str(location), cache or settings.cache_folder())


class Store:
    """What every store does; ``working`` is a local directory for scratch files and locks.

    A table is there when its record is there and names the table's size: the record is written last, so that
    a killed process leaves the last good table or none.
    """

    working: Path
    location: str

    def record(self, address: str) -> dict | None:
        """The record of a table, None where the table is not there whole."""
        record = self.read_json(record_address(address))
        return record if record and self.size(address) == record["output"]["bytes"] else None

    def commit(self, address: str, finished: Path, record: dict) -> None:
        """Put a finished file and then its record in place. ``finished`` is moved or copied away."""
        self.put(address, finished)
        self.write_json(record_address(address), record)

    @contextlib.contextmanager
    def lock(self, address: str):
        """Hold a table while it is made; waits while another process of this host makes the same one.

        Two hosts that make the same table of a remote store write the same bytes.
        """
        name = str(PurePosixPath(address).with_suffix(".lock")).replace("/", "~")
        with files.locked(self.working / "locks" / name):
            yield

    @contextlib.contextmanager
    def scratch(self):
        """A local folder for unfinished files, gone at the end; one of a killed process is swept away later."""
        folder = self.working / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            handle, name = tempfile.mkstemp(dir=folder, suffix=".held")
            with open(handle, "w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                # A sweep may have come between the two calls; then the name is gone and another one is taken.
                if not os.path.exists(name):
                    continue
                path = Path(name).with_suffix("")
                path.mkdir()
                try:
                    yield path
                finally:
                    shutil.rmtree(path, ignore_errors=True)
                    os.unlink(name)
                return

    def sweep(self) -> None:
        """Remove scratch folders whose process has ended without removing them."""
        for held in (self.working / "tmp").glob("*.held"):
            with contextlib.suppress(OSError), open(held, "a") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(held.with_suffix(""), ignore_errors=True)
                held.unlink(missing_ok=True)


class LocalStore(Store):
    """A store in a local directory."""

    def __init__(self, root: Path):
        self.root = self.working = root
        self.location = str(root)

    def size(self, address: str) -> int | None:
        """Bytes of a file, None where it is absent."""
        try:
            return (self.root / address).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def local(self, address: str) -> Path:
        """A local file with the content at ``address``."""
        return self.root / address

    def folder(self, address: str) -> Path:
        """A local folder with the files below ``address``."""
        return self.root / address

    def list(self, prefix: str) -> list[str]:
        """Addresses of all files below ``prefix``, sorted."""
        root = self.root / prefix
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(root)
            for name in names
        )

    def read_json(self, address: str):
        """The JSON file at ``address``, None where it is absent or cut off."""
        return files.read_json(self.root / address)

    def remove(self, address: str) -> None:
        """Remove the file at ``address``, where there is one."""
        (self.root / address).unlink(missing_ok=True)

    def write_json(self, address: str, content) -> None:
        """Write a JSON file at ``address``, atomically."""
        with self.scratch() as folder:
            finished = folder / "content.json"
            finished.write_text(files.as_json(content), encoding="utf-8")
            self.put(address, finished)

    def put(self, address: str, finished: Path) -> None:
        """Move a finished file (of this store's scratch folder) to ``address``, atomically."""
        files.put_in_place(finished, self.root / address)

    def put_folder(self, address: str, finished: Path) -> None:
        """Move a finished folder to ``address``, which must not exist: complete or absent."""
        target = self.root / address
        target.parent.mkdir(parents=True, exist_ok=True)
        finished.rename(target)


class RemoteStore(Store):
    """A store at a URL, through fsspec. What is read is kept in ``cache`` by content hash."""

    def __init__(self, url: str, cache: Path):
        self.location = url
        # Imported here: a local store does without.
        import fsspec

        self.system, self.root = fsspec.core.url_to_fs(url)
        self.cache = cache / "content"
        self.working = cache

    def _path(self, address: str) -> str:
        return f"{self.root.rstrip('/')}/{address}"

    def size(self, address: str) -> int | None:
        """Bytes of a file, None where it is absent."""
        try:
            return self.system.size(self._path(address))
        except FileNotFoundError:
            return None

    def local(self, address: str) -> Path:
        """The content at ``address`` as a local file: from the cache, else downloaded and checked against its record."""
        record = self.record(address)
        expected = record["output"]["sha256"] if record else None
        kept = self.cache / (expected or "unknown") / PurePosixPath(address).name
        if expected and kept.exists():
            return kept
        with self.scratch() as folder:
            fetched = folder / "content"
            try:
                self.system.get_file(self._path(address), str(fetched))
            except FileNotFoundError:
                return kept
            found = files.sha256(fetched)
            if expected and found != expected:
                raise InputError(
                    "A table of the store is not what its record says",
                    file=f"{self.location}/{address}",
                    expected=f"sha256 {expected}",
                    found=found,
                    advice="It is being replaced or was damaged; run the command again, or build with --force.",
                )
            target = self.cache / found / PurePosixPath(address).name
            files.put_in_place(fetched, target)
            return target

    def folder(self, address: str) -> Path:
        """A local copy of the files below ``address``."""
        target = Path(tempfile.mkdtemp(dir=self.working))
        for each in self.list(address):
            copy = target / PurePosixPath(each).relative_to(address)
            copy.parent.mkdir(parents=True, exist_ok=True)
            self.system.get_file(self._path(each), str(copy))
        return target

    def list(self, prefix: str) -> list[str]:
        """Addresses of all files below ``prefix``, sorted."""
        root = self.root.rstrip("/") + "/"
        return sorted(path.removeprefix(root) for path in self.system.find(self._path(prefix)))

    def read_json(self, address: str):
        """The JSON file at ``address``, None where it is absent or cut off."""
        try:
            return json.loads(self.system.cat_file(self._path(address)))
        except (FileNotFoundError, ValueError):
            return None

    def write_json(self, address: str, content) -> None:
        """Write a JSON file at ``address``; an object store shows it whole or not at all."""
        self._upload(address, files.as_json(content).encode())

    def remove(self, address: str) -> None:
        """Remove the file at ``address``, where there is one."""
        with contextlib.suppress(FileNotFoundError):
            self.system.rm_file(self._path(address))

    def _upload(self, address: str, content: bytes) -> None:
        self.system.makedirs(str(PurePosixPath(self._path(address)).parent), exist_ok=True)
        self.system.pipe_file(self._path(address), content)

    def put(self, address: str, finished: Path) -> None:
        """Upload a finished file to ``address`` and keep it in the cache."""
        self.system.makedirs(str(PurePosixPath(self._path(address)).parent), exist_ok=True)
        self.system.put_file(str(finished), self._path(address))
        files.put_in_place(finished, self.cache / files.sha256(finished) / PurePosixPath(address).name)

    def put_folder(self, address: str, finished: Path) -> None:
        """Upload a finished folder, its manifest last: a folder without manifest.json is no release."""
        for path in sorted(finished.rglob("*"), key=lambda each: (each.name == "manifest.json", each)):
            if path.is_file():
                self._upload(f"{address}/{path.relative_to(finished)}", path.read_bytes())
