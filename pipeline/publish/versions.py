"""Versions of a release: their names, their order and where they lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.catalog import editions
from pipeline.errors import UsageError, unknown
from pipeline.settings import METHOD
from pipeline.store.store import Store

NAME = re.compile(r"(\d{4})\.(\d+)")
LATEST = "latest"


@dataclass(frozen=True)
class Version:
    """A release ``YYYY.N`` of a method; ``address`` is its folder in the store."""

    name: str
    method: str

    @property
    def address(self) -> str:
        """The release's folder, relative to the store."""
        own = "" if self.method == METHOD else f"method={self.method}/"
        return f"{own}releases/{self.name}"

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the name: 2026.10 comes after 2026.2."""
        return tuple(int(part) for part in NAME.fullmatch(self.name).groups())


def version(name: str, method: str) -> Version:
    """The version of that name. UsageError where it is not of the form YYYY.N."""
    if not NAME.fullmatch(name):
        raise UsageError(f"A version is YYYY.N, for example 2026.1; found {name!r}.")
    return Version(name, method)


def versions(store: Store, method: str) -> list[Version]:
    """The method's releases in the store, oldest first. A folder without manifest is none."""
    folder = Version("", method).address
    names = {address.removeprefix(folder).partition("/")[0] for address in store.list(folder.rstrip("/"))}
    found = [Version(name, method) for name in names if NAME.fullmatch(name)]
    whole = [each for each in found if store.size(f"{each.address}/manifest.json") is not None]
    return sorted(whole, key=lambda each: each.order)


def released(store: Store, name: str, method: str) -> Version:
    """A release that is there, by its name or as ``latest``. UsageError where it is not."""
    there = {each.name: each for each in versions(store, method)}
    if name == LATEST and there:
        return list(there.values())[-1]
    if name not in there:
        raise unknown(f"release of method {method} in {store.location}", name, there)
    return there[name]


def named(store: Store, name: str, method: str) -> Path | None:
    """The folder of a release given as VERSION, METHOD:VERSION or ``latest``, None for another name. UsageError for a release
    that is not there, unless a folder has the name."""
    own, _, short = name.rpartition(":")
    if short == LATEST and not Path(name).is_dir():
        return store.folder(released(store, short, own or method).address)
    if not NAME.fullmatch(short):
        return None
    if own and own not in editions.known():
        raise unknown("method", own, editions.known())
    there = {each.name: each for each in versions(store, own or method)}
    if short in there:
        return store.folder(there[short].address)
    if Path(name).is_dir():
        return None
    raise unknown(f"release of method {own or method} in {store.location}", short, there)
