"""Metric × year: input missing, landed, built, checked, released; stale where inputs changed."""

from __future__ import annotations

from pipeline.errors import InputError
from pipeline.publish.versions import versions
from pipeline.run import record
from pipeline.run.workspace import Workspace


def matrix(workspace: Workspace) -> list[dict]:
    """One entry per metric, year and geography: status, whether it is stale, and notes."""
    released = _released(workspace)
    return [_entry(workspace, released, *cell) for cell in workspace.plan.metric_cells()]


def _released(workspace: Workspace) -> dict[str, str]:
    """Step label -> hash of its table in the newest release."""
    found = versions(workspace.store, workspace.settings.method)
    if not found:
        return {}
    manifest = workspace.store.read_json(f"{found[-1].address}/manifest.json")
    return {label: each["table_sha256"] for label, each in manifest["inputs"].items()}


def _entry(workspace: Workspace, released: dict, slug: str, year: int, geography: str) -> dict:
    entry = {"metric": slug, "year": year, "geography": geography, "status": "landed", "stale": False, "note": None}
    try:
        step = workspace.plan.metric(slug, year, geography)
    except InputError as error:
        return entry | {"status": "input missing", "note": str(error)}
    found = workspace.record(step.address)
    if not found:
        return entry | {"note": "; ".join(step.notes) or None}
    failed = [each["name"] for each in found["checks"] if not each["passed"]]
    entry["note"] = "; ".join([*found["notes"], *(f"check failed: {name}" for name in failed)]) or None
    entry["status"] = "built" if failed else "checked"
    if released.get(step.label) == found["output"]["sha256"] and not failed:
        entry["status"] = "released"
    try:
        entry["stale"] = bool(step.lost) or not record.is_current(step, workspace)
    except InputError as error:
        entry |= {"stale": True, "note": str(error)}
    return entry
