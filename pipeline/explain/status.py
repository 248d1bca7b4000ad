"""Metric × year: input missing, landed, built, checked, released; stale where inputs changed."""

from __future__ import annotations

from pipeline import checks, files
from pipeline.engine import Engine
from pipeline.errors import InputError, MissingInput
from pipeline.plan import Plan
from pipeline.release import versions


def matrix(plan: Plan) -> list[dict]:
    """One entry per metric, year and geography: status, whether it is stale, and notes."""
    engine = Engine(plan)
    released = _released(plan)
    return [_entry(plan, engine, released, *cell) for cell in plan.metric_cells()]


def _released(plan: Plan) -> dict[str, str]:
    """Step label -> hash of its table in the newest release."""
    found = versions(plan.settings.metric_root)
    if not found:
        return {}
    manifest = files.read_json(plan.settings.metric_root / "releases" / found[-1] / "manifest.json", {})
    return {label: each["table_sha256"] for label, each in manifest.get("inputs", {}).items()}


def _entry(plan, engine, released, slug, year, geography) -> dict:
    entry = {"metric": slug, "year": year, "geography": geography, "status": "landed", "stale": False, "note": None}
    try:
        step = plan.metric(slug, year, geography)
    except MissingInput as error:
        return entry | {"status": "input missing", "note": str(error)}
    record = engine.lineage(step)
    entry["note"] = "; ".join(step.notes) or None
    if not record:
        return entry
    entry["note"] = "; ".join(record["notes"]) or None
    results = files.read_json(checks.checks_path(step))
    entry["status"] = "checked" if results and all(each["passed"] for each in results) else "built"
    if released.get(step.label) == record["output"]["sha256"]:
        entry["status"] = "released"
    try:
        entry["stale"] = not engine.is_current(step)
    except InputError as error:
        entry |= {"stale": True, "note": str(error)}
    return entry
