"""The record of a table: what it is a function of, and whether it is still what it would become."""

from __future__ import annotations

import datetime

import duckdb

from pipeline import checks, code_version, settings
from pipeline.catalog import digest
from pipeline.catalog.models import fill
from pipeline.plan.definition import macros, variables
from pipeline.plan.step import Step, View, chain
from pipeline.run.fingerprint import ENGINE_EPOCH, code_hash, data_hash, metadata_hash
from pipeline.run.workspace import Workspace
from pipeline.store import files


def state(step: Step, workspace: Workspace) -> str:
    """``current``, ``described`` (the rows are current, what is said of them is not) or ``stale``.

    Inputs are taken as they lie in the store. Raises InputError where a raw file is missing.
    """
    found = workspace.record(step.address)
    if not found or found["data_hash"] != data_hash(step, inputs(step, workspace)):
        return "stale"
    return "current" if found["metadata_hash"] == described(step)["metadata_hash"] else "described"


def standing(step: Step, workspace: Workspace) -> str:
    """``state``, looked up once per command; ``stale`` also where one of the inputs' tables is."""
    if step.address not in workspace.standings:
        with_inputs = all(is_current(each, workspace) for each in step.upstream)
        workspace.standings[step.address] = state(step, workspace) if with_inputs else "stale"
    return workspace.standings[step.address]


def is_current(step: Step, workspace: Workspace) -> bool:
    """Whether the table's rows are what its inputs, SQL and entry of now would give, its inputs' tables included."""
    return standing(step, workspace) != "stale"


def of(step: Step, workspace: Workspace) -> dict:
    """The part of a record that says what the table is a function of; what was found is added by ``make``."""
    read = inputs(step, workspace)
    return {
        "key": step.key,
        "partition": step.partition,
        "geography": step.geography,
        "method": step.method,
        "provider": step.provider,
        "data_hash": data_hash(step, read),
        "method_hash": method_hash(step),
        "inputs": read,
        "raw": raw_files(step, workspace),
        "sql": _code(step),
        "variables": variables(step),
        "engine": {"epoch": ENGINE_EPOCH, "duckdb": duckdb.__version__},
        "code_version": code_version(),
        "built_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **described(step),
    }


def method_hash(step: Step) -> str:
    """Hash of the code and rules behind the table, without those that read raw files: a form of theirs is an input."""
    return digest(sorted({code_hash(each) for each in chain([step]) if each.layer != "staged"}))


def described(step: Step) -> dict:
    """The part of a record that says something about the table and decides no row."""
    return {
        "metadata_hash": metadata_hash(step, checks.rules() if step.layer == "metric" else []),
        "shared_with": step.shared_with.address if step.shared_with else None,
    }


def _code(step: Step) -> list[dict]:
    paths = dict.fromkeys([*step.sql, *(macro.path for macro in macros(step))])
    return [{"path": str(path.relative_to(settings.SQL.parent)), "sha256": files.sha256(path)} for path in paths]


def inputs(step: Step, workspace: Workspace) -> list[dict]:
    """What the step reads, view by view: raw files with hash and URL, region files with hash, tables with hash and key."""
    if step.shared_with:
        return [_table("shared", step.shared_with, workspace)]
    found = []
    for view in step.views:
        if view.file:
            found.append({"view": view.name, "kind": "region", "path": view.file[0], "sha256": view.file[1]})
        found += [_raw(step, view, path, workspace) for path in view.landed]
        found += [_table(view.name, upstream, workspace) for upstream, _ in view.parts]
    return found


def _raw(step: Step, view: View, path: str, workspace: Workspace) -> dict:
    revision = workspace.landing.take_in(path)
    return {
        "view": view.name,
        "kind": "raw",
        "path": path,
        "sha256": revision["sha256"],
        "url": revision.get("url") or url(step, view),
        "vintage": step.partition,
        "synthetic": bool(revision.get("synthetic")),
    }


def _table(name: str, upstream: Step, workspace: Workspace) -> dict:
    found = workspace.record(upstream.address)
    return {
        "view": name,
        "kind": "table",
        "key": upstream.key,
        "partition": upstream.partition,
        "path": upstream.address,
        "sha256": found["output"]["sha256"] if found else None,
    }


def url(step: Step, view: View) -> str | None:
    """Where the raw files of a view come from, by the catalog."""
    return fill(view.raw.url, step.partition, step.variables) if view.raw.url else None


def raw_files(step: Step, workspace: Workspace) -> dict[str, str]:
    """Every raw file behind the table as it would be built now: relative path -> sha256."""
    own = {path: workspace.landing.take_in(path)["sha256"] for view in step.views for path in view.landed}
    for upstream in step.upstream:
        own |= (workspace.record(upstream.address) or {}).get("raw", {})
    return own


def is_synthetic(step: Step, workspace: Workspace) -> bool:
    """Whether any input of the table is of the synthetic sample."""
    own = [workspace.landing.take_in(path).get("synthetic") for view in step.views for path in view.landed]
    tables = [(workspace.record(upstream.address) or {}).get("synthetic") for upstream in step.upstream]
    return any([*own, *tables])
