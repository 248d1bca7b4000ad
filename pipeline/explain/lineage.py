"""What a table was made of, by its record, and what of that is still there: raw files by hash, tables of the store, code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline import settings
from pipeline.errors import InputError
from pipeline.plan.definition import variables
from pipeline.plan.plan import Plan
from pipeline.plan.step import Step
from pipeline.run.fingerprint import data_hash
from pipeline.run.workspace import Workspace
from pipeline.store import files
from pipeline.store.landing import Landing

# Bytes
HASHED_ANEW = 200_000_000
UNCHANGED, KEPT, CHANGED, GONE, REBUILT = "unchanged", "kept", "changed", "gone", "rebuilt"
IN_WORDS = {
    UNCHANGED: "unchanged",
    KEPT: "replaced since, the file that was read is kept beside it",
    CHANGED: "changed since",
    GONE: "gone",
    REBUILT: "built again since, with other rows",
}


@dataclass(frozen=True)
class Raw:
    """A raw file that was read: its hash then, what became of it, and where its content still lies (or None)."""

    path: str
    sha256: str
    state: str
    located: Path | None


@dataclass(frozen=True)
class Table:
    """A table that was read: its hash then, what became of it, and its record as long as it is that table."""

    address: str
    sha256: str | None
    state: str
    record: dict | None


class AsRecorded:
    """A landing with exactly the raw files that a record names, so that a plan over it resolves as it did then."""

    def __init__(self, landing: Landing, recorded: dict[str, str]):
        self.landing, self.raw = landing, landing.raw
        self.files = {path: raw_file(landing, path, sha256) for path, sha256 in recorded.items()}

    def find(self, pattern: str) -> list[str]:
        """Recorded paths that match ``pattern``; as in the file system, ``*`` does not cross a slash."""
        depth = pattern.count("/")
        return sorted(path for path in self.files if path.count("/") == depth and PurePosixPath(path).match(pattern))

    def gone(self, pattern: str) -> tuple[list[str], list[str]]:
        """None: what was read then was there."""
        return [], []

    def locate(self, relative: str) -> Path:
        """Where the content that was read lies, else where it lay."""
        return self.files[relative].located or self.landing.locate(relative)


def raw_file(landing: Landing, path: str, sha256: str) -> Raw:
    """What became of a raw file whose content was ``sha256``."""
    try:
        now = landing.take_in(path)["sha256"]
    except InputError:
        now = None
    located = landing.locate(path)
    # The landing knows a file by its size and time; an auditor is told what its bytes are, as far as that is a matter of a second.
    if now == sha256 and located.stat().st_size <= HASHED_ANEW:
        now = files.sha256(located)
    if now == sha256:
        return Raw(path, sha256, UNCHANGED, located)
    for revision in landing.entries(path.partition("/")[0]).get(path, {}).get("revisions", []):
        kept = landing.raw / revision["file"]
        if revision["sha256"] == sha256 and kept.exists() and files.sha256(kept) == sha256:
            return Raw(path, sha256, KEPT, kept)
    return Raw(path, sha256, CHANGED if now else GONE, None)


def recorded_plan(workspace: Workspace, record: dict, method: str, provider: str) -> Plan:
    """The plan of an edition and provider over the raw files that the record names."""
    return Plan(AsRecorded(workspace.landing, record["raw"]), method, provider, regions=workspace.plan.regions)


class Lineage:
    """All that stands behind a table of the store, by its record."""

    def __init__(self, workspace: Workspace, record: dict):
        self.record = _where_made(workspace, record)
        chosen = {"method": self.record["method"], "provider": self.record["provider"]}
        landing = AsRecorded(workspace.landing, self.record["raw"])
        self.workspace = replace(workspace, settings=replace(workspace.settings, **chosen), landing=landing)
        self.raw: dict[str, Raw] = landing.files
        self.tables: dict[str, Table] = {}
        self.urls: dict[str, str | None] = {}
        self._visit(self.record)

    def _visit(self, record: dict) -> None:
        for each in record["inputs"]:
            if each["kind"] == "raw":
                self.urls[each["path"]] = each["url"]
            elif each["kind"] == "table" and each["path"] not in self.tables:
                now = self.workspace.record(each["path"])
                same = now and now["output"]["sha256"] == each["sha256"]
                state = UNCHANGED if same else REBUILT if now else GONE
                self.tables[each["path"]] = Table(each["path"], each["sha256"], state, now if same else None)
                if same:
                    self._visit(now)

    def step(self, slug: str, year: int, geography: str) -> Step:
        """The step that made the table. Raises InputError or UsageError where today's catalog has no such step."""
        return self.workspace.plan.metric(slug, year, geography)

    def same_code(self, step: Step, record: dict) -> bool:
        """Whether the step of today computes what made the table of the record, given the same inputs."""
        return data_hash(step, record["inputs"]) == record["data_hash"]

    def same_inputs(self, record: dict) -> bool:
        """Whether the tables that were read are still those."""
        return all(self.tables[each["path"]].state == UNCHANGED for each in record["inputs"] if each["kind"] == "table")

    def differences(self, step: Step | None) -> list[str]:
        """What is no longer as it was when the table was made, a sentence each."""
        found = raw_differences(self.raw.values())
        found += [
            f"Table {each.address}: {IN_WORDS[each.state]}." for each in self.tables.values() if each.state != UNCHANGED
        ]
        found += [
            f"SQL {each['path']}: {IN_WORDS[CHANGED if path.exists() else GONE]}{'' if changed else ' in its comments only'}."
            for each in self.record["sql"]
            for path in [settings.SQL.parent / each["path"]]
            for changed in [not step or not self.same_code(step, self.record)]
            if not path.exists() or files.sha256(path) != each["sha256"]
        ]
        if step:
            then, now = self.record["variables"], variables(step)
            found += [
                f"Variable {name}: was {then.get(name, 'not set')}, is {now.get(name, 'not set')}."
                for name in sorted(then.keys() | now.keys())
                if then.get(name) != now.get(name)
            ]
            if not found and not self.same_code(step, self.record):
                found.append("The engine or a catalog entry changed since the table was built.")
        return found


def raw_differences(raw) -> list[str]:
    """Raw files that are no longer what was read, a sentence each."""
    return [f"Raw file {each.path}: {IN_WORDS[each.state]}." for each in raw if each.state != UNCHANGED]


def _where_made(workspace: Workspace, record: dict) -> dict:
    """The record of the table in which the rows were made, if this one shares them and that one is still the same."""
    if record["shared_with"]:
        twin = workspace.record(record["shared_with"])
        if twin and twin["output"]["sha256"] == record["output"]["sha256"]:
            return twin
    return record
