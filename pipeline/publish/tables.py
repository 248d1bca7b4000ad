"""Which tables a release is made of: the metric tables of the edition, built or imported, and the lists of areas."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catalog import editions
from pipeline.errors import InputError, LostInput, MissingInput, UsageError
from pipeline.run import record, request
from pipeline.run.make import make
from pipeline.run.workspace import Workspace
from pipeline.store.store import RECORD, record_address

GEOGRAPHIES = ("county", "place")
# Whether the last import came to its end.
STATE = "method=published/import.json"
IMPORTED_LABEL = "metric/{metric} {year} {geography}"


@dataclass(frozen=True)
class Table:
    """One metric table with its record. ``label`` is metric, year and geography as messages name it."""

    label: str
    address: str
    record: dict


def metric_tables(workspace: Workspace) -> list[Table]:
    """The edition's metric tables in the store. UsageError where one of them is out of date."""
    return _imported(workspace) if editions.is_imported(workspace.settings.method) else _built(workspace)


def _built(workspace: Workspace) -> list[Table]:
    steps = []
    for cell in workspace.plan.metric_cells():
        try:
            step = workspace.plan.metric(*cell)
        except LostInput:
            raise
        except MissingInput:
            continue
        if workspace.record(step.address):
            steps.append(step)
    stale = [step.label for step in steps if not record.is_current(step, workspace)]
    if stale:
        raise UsageError(f"{len(stale)} tables are out of date ({', '.join(stale[:3])} …); run mobility build first.")
    return [Table(step.label, step.address, workspace.record(step.address)) for step in steps]


def _imported(workspace: Workspace) -> list[Table]:
    """Imported tables are found by their records: no plan leads to them. InputError after an import that was interrupted."""
    state = workspace.store.read_json(STATE)
    if state and not state["finished"]:
        raise InputError(
            "The last import was interrupted, so some tables are of an earlier one",
            file=f"{workspace.store.location}/{STATE}",
            expected="an import that came to its end",
            found="one that did not",
            advice=f"Run again: mobility import-published {state['folder']}",
        )
    found = []
    for address in workspace.store.list(f"method={workspace.settings.method}/metrics"):
        table = address.removesuffix(RECORD) + ".parquet"
        if address == record_address(table) and (known := workspace.record(table)):
            label = IMPORTED_LABEL.format(
                metric=known["key"].partition("/")[2], year=known["partition"], geography=known["geography"]
            )
            found.append(Table(label, table, known))
    return found


def imported_areas(workspace: Workspace, geography: str) -> str | None:
    """Where the list of areas lies that came with the imported files of the edition, None where none did."""
    own = f"method={workspace.settings.method}/geography/{geography}_universe.parquet"
    return own if editions.is_imported(workspace.settings.method) and workspace.record(own) else None


def areas_address(workspace: Workspace, geography: str) -> str | None:
    """Where the list of areas of a geography lies, made if need be: that of the imported edition, else the plan's. None
    where neither is at hand."""
    if own := imported_areas(workspace, geography):
        return own
    try:
        step = workspace.plan.geography(f"{geography}_universe")
    except LostInput:
        raise
    except MissingInput:
        return None
    for pending in request.pending([step], workspace):
        outcome = make(pending, workspace)
        if outcome.status not in ("built", "described", "up to date"):
            raise InputError(f"The rows of the release cannot be built: {outcome.message}")
    return step.address
