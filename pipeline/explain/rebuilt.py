"""A release made again from its manifest: the raw files by their hashes, every table, every file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline import code_version
from pipeline.catalog import editions
from pipeline.errors import InputError, LostInput, MissingInput
from pipeline.explain import lineage
from pipeline.plan.step import chain
from pipeline.publish.imported import Import
from pipeline.publish.release import Release
from pipeline.publish.versions import Version
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.store import files

# Says what was found against the tables and the release before, which a release made again does not have.
OF_ITS_TIME = ("CHANGES.md", "checks.json", "manifest.json")


def rebuild(workspace: Workspace, version: Version, on_step=lambda label: None) -> dict:
    """Make a release again, aside; what of it is equal bit for bit, and what is not, with the inputs or code that differ.

    ``{"version", "equal", "files": {name: bool}, "differences": [...]}``. InputError where a raw file is gone.
    """
    manifest = workspace.store.read_json(f"{version.address}/manifest.json")
    with workspace.store.scratch() as scratch:
        raw = scratch / "raw"
        differences = []
        if editions.is_imported(version.method):
            again = _imported(workspace, manifest, scratch, on_step)
        else:
            again = _built(workspace, manifest, raw, scratch, differences, on_step)
        made = Release(again, version.name).publish(allowed=manifest["allowed_failed_checks"])
    if made["code_version"] != manifest["code_version"]:
        differences.append(f"Code: was {manifest['code_version']}, is {code_version()}.")
    compared = {
        name: made["files"].get(name) == sha256 for name, sha256 in manifest["files"].items() if name not in OF_ITS_TIME
    }
    compared |= {name: False for name in made["files"] if name not in manifest["files"]}
    return {
        "version": version.name,
        "method": version.method,
        "equal": all(compared.values()),
        "files": compared,
        "differences": differences,
    }


def _recorded_raw(workspace: Workspace, manifest: dict) -> dict[str, str]:
    """Every raw file behind the release: path -> sha256."""
    found: dict[str, str] = {}
    for each in (*manifest["inputs"].values(), *manifest["areas"].values()):
        found |= each["raw"]
    return found


def _built(workspace: Workspace, manifest: dict, raw: Path, scratch: Path, differences: list, on_step) -> Workspace:
    """A workspace of its own with the raw files as they were read, and every table of the release made in it."""
    _link_raw(workspace, _recorded_raw(workspace, manifest), raw)
    again = Workspace.of(replace(workspace.settings, raw=raw, store=str(scratch / "store")))
    for label, entry in manifest["inputs"].items():
        metric, year, geography = label.removeprefix("metric/").split()
        plan = again.plan.of(again.plan.method, entry["provider"])
        try:
            step = plan.metric(metric, int(year), geography)
        except (MissingInput, LostInput) as error:
            differences.append(f"{label}: {error}")
            continue
        on_step(label)
        for each in chain([step]):
            outcome = make(each, again)
            if outcome.error:
                raise outcome.error
        now = again.record(step.address)
        if now["data_hash"] != entry["data_hash"]:
            differences += _why(label, entry, now)
    return again


def _why(label: str, entry: dict, now: dict) -> list[str]:
    """Which SQL file or variable of a table is another one, a sentence each."""
    sql = {each["path"]: each["sha256"] for each in now["sql"]}
    found = [f"{label}: SQL {path} changed since." for path, sha256 in entry["sql"].items() if sql.get(path) != sha256]
    then, variables = entry["variables"], now["variables"]
    found += [
        f"{label}: variable {name} was {then.get(name)}, is {variables.get(name)}."
        for name in sorted(then.keys() | variables.keys())
        if then.get(name) != variables.get(name)
    ]
    return found or [f"{label}: a table that it reads, the engine or a catalog entry changed since."]


def _link_raw(workspace: Workspace, recorded: dict[str, str], raw: Path) -> None:
    """A raw directory of links to the files as they were read, with what their manifests say of them."""
    folders: dict[str, dict] = {}
    for path, sha256 in sorted(recorded.items()):
        found = lineage.raw_file(workspace.landing, path, sha256)
        if found.located is None:
            raise InputError(
                "A raw file of the release is not there as it was read",
                file=workspace.landing.raw / path,
                expected=f"sha256 {sha256}",
                found=lineage.IN_WORDS[found.state],
                advice="Put the file back that was read, then run the command again.",
            )
        if workspace.landing.is_bundled(path):
            continue
        link = raw / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(found.located.resolve())
        folder = path.partition("/")[0]
        revisions = workspace.landing.entries(folder).get(path, {}).get("revisions", [])
        known = next(each for each in revisions if each["sha256"] == sha256)
        folders.setdefault(folder, {})[path] = {"revisions": [known | {"file": path}]}
    for folder, entries in folders.items():
        files.write_json(raw / folder / "manifest.json", entries)


def _imported(workspace: Workspace, manifest: dict, scratch: Path, on_step) -> Workspace:
    """A workspace of its own with the published files imported again, as they were read."""
    folder = scratch / "published"
    folder.mkdir()
    for name, (sha256, origin) in sorted(_imported_files(workspace, manifest).items()):
        if not origin.exists() or files.sha256(origin) != sha256:
            raise InputError(
                "A published file of the release is not there as it was read",
                file=origin,
                expected=f"sha256 {sha256}",
                found="another file" if origin.exists() else "nothing",
                advice="Put the file back that was read, then run the command again.",
            )
        (folder / name).symlink_to(origin.resolve())
    # What the folder said of its files is not among them.
    files.write_json(folder / "manifest.json", {"synthetic": manifest["synthetic"]})
    again = Workspace.of(replace(workspace.settings, store=str(scratch / "store")))
    Import(again, folder, on_step).run()
    return again


def _imported_files(workspace: Workspace, manifest: dict) -> dict[str, tuple[str, Path]]:
    """Name -> hash and place of every published file behind the release."""
    return {
        name: (sha256, Path(each["folder"]) / name)
        for each in (*manifest["inputs"].values(), *manifest["areas"].values())
        for name, sha256 in each["raw"].items()
    }
