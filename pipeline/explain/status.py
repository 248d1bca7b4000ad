"""Metric × year: input missing, landed, built, checked, released; stale where inputs changed."""

from __future__ import annotations

from pipeline.catalog import editions
from pipeline.errors import InputError
from pipeline.plan.step import Step, chain
from pipeline.publish.versions import versions
from pipeline.run import record
from pipeline.run.workspace import Workspace
from pipeline.store.store import failure_address


def matrix(workspace: Workspace) -> list[dict]:
    """One entry per metric, year and geography: status, whether it is stale, and notes."""
    released, left_out = _released(workspace)
    failures = workspace.failures()
    cells = [*workspace.plan.metric_cells(), *_of_regions(workspace)]
    return [_entry(workspace, released, left_out, failures, *cell) for cell in cells]


def _of_regions(workspace: Workspace) -> list[tuple[str, int, str]]:
    """Metric, year and region file of every table of regions that is built."""
    plan = workspace.plan
    return [
        cell
        for cell in plan.metric_cells(geographies=tuple(plan.regions))
        if workspace.record(plan.metric_address(*cell))
    ]


def _released(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Of the newest release: step label -> hash of its table, and step label -> values that are in no file."""
    found = versions(workspace.store, workspace.settings.method)
    if not found:
        return {}, {}
    manifest = workspace.store.read_json(f"{found[-1].address}/manifest.json")
    return {label: each["table_sha256"] for label, each in manifest["inputs"].items()}, manifest.get("left_out", {})


def _entry(
    workspace: Workspace, released: dict, left_out: dict, failures: dict, slug: str, year: int, geography: str
) -> dict:
    entry = {"metric": slug, "year": year, "geography": geography, "status": "landed", "stale": False, **_noted()}
    address = workspace.plan.metric_address(slug, year, geography)
    if editions.is_imported(workspace.settings.method):
        return entry | _imported(workspace, released, address, f"metric/{slug} {year} {geography}")
    try:
        step = workspace.plan.metric(slug, year, geography)
    except InputError as error:
        # The last good table stands, and is shown so.
        found = workspace.record(address)
        status = {"status": "built", "stale": True} if found else {"status": "input missing"}
        return entry | status | _noted(str(error))
    found = workspace.record(step.address)
    told = _failures(workspace, step, failures)
    if not found:
        return entry | _noted(*step.notes, *told)
    failed = [each["name"] for each in found["checks"] if not each["passed"]]
    absent = [left_out[step.label]] if step.label in left_out else []
    entry |= _noted(*found["notes"], *(f"check failed: {name}" for name in failed), *absent, *told)
    entry["status"] = "built" if failed else "checked"
    if released.get(step.label) == found["output"]["sha256"] and not failed:
        entry["status"] = "released"
    entry["stale"] = bool(step.lost) or not _is_current(workspace, step)
    return entry


def _imported(workspace: Workspace, released: dict, address: str, label: str) -> dict:
    """Status and notes of a table that is imported, or is not."""
    found = workspace.record(address)
    if not found:
        return {"status": "input missing", **_noted("not imported")}
    status = "released" if released.get(label) == found["output"]["sha256"] else "imported"
    return {"status": status, **_noted(*found["notes"])}


def _noted(*notes: str) -> dict:
    """Notes one by one (a note may hold a semicolon), and as one text."""
    return {"note": "; ".join(notes) or None, "notes": list(notes)}


def _failures(workspace: Workspace, step: Step, failures: dict[str, str]) -> list[str]:
    """Why the table, or one that it is made from, could not be made the last time, unless it need not be made now."""
    failed = [each for each in chain([step]) if failure_address(each.address) in failures]
    return [failures[failure_address(each.address)] for each in failed if not _is_current(workspace, each)]


def _is_current(workspace: Workspace, step: Step) -> bool:
    try:
        return record.is_current(step, workspace)
    except InputError:
        return False
