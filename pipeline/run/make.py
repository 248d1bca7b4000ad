"""One function makes a table: ``make``. The command line, the Dagster assets, every executor and every test call it."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass, field

from pipeline import checks
from pipeline.errors import InputError, LostInput, MobilityError, StoreError, UsageError
from pipeline.plan.step import RESULT, Step
from pipeline.quoting import literal
from pipeline.run import notes, record, whole
from pipeline.run.session import Session, connection, create_macros, session
from pipeline.run.workspace import Workspace
from pipeline.store import files


@dataclass
class Outcome:
    """What became of one step: built, described, up to date, failed, blocked or input missing."""

    address: str
    step: str
    status: str
    rows: int | None = None
    seconds: float | None = None
    message: str | None = None
    exit_code: int = 0
    error: MobilityError | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict:
        """JSON-able values."""
        return {name: value for name, value in vars(self).items() if name != "error"}


class Blocked(MobilityError):
    """A table that this one reads could not be made; the cause is told there."""

    exit_code = 0


def make(step: Step, workspace: Workspace, force: bool = False) -> Outcome:
    """Make the step's table unless it is what it would become; never raises a MobilityError.

    Refuses lost inputs and inputs that are out of date, holds the table's lock, builds aside, checks, and puts the
    table and then its record in place. The last good table stays until then. ``described`` is a table whose rows
    stay and whose record is new (titles, citations, checks).
    """
    started = time.monotonic()
    workspace.on_start(step)
    try:
        with workspace.store.lock(step.address):
            outcome = _make(step, workspace, force)
        workspace.tell_failure(step.address, None)
        workspace.landing.save()
    except (MobilityError, OSError) as problem:
        error = StoreError(problem) if isinstance(problem, OSError) else problem
        if not isinstance(error, Blocked):
            workspace.tell_failure(step.address, error)
        status = "blocked" if isinstance(error, Blocked) else "failed"
        outcome = Outcome(step.address, step.label, status, message=str(error), exit_code=error.exit_code, error=error)
    outcome.seconds = round(time.monotonic() - started, 3)
    return outcome


def _make(step: Step, workspace: Workspace, force: bool) -> Outcome:
    workspace.forget(step.address)
    for upstream in step.upstream:
        if not record.is_current(upstream, workspace):
            raise Blocked(f"not built because {upstream.label} could not be made")
    before = workspace.record(step.address)
    state = record.state(step, workspace)
    refuse_lost(step, workspace, before)
    if state == "current" and not force:
        return outcome_of(step, "up to date", before)
    if state == "described" and not force:
        described = before | record.described(step) | {"checks": _rechecked(step, workspace, before["checks"])}
        workspace.write_record(step.address, described)
        return outcome_of(step, "described", described)
    made = _shared(step, workspace) if step.shared_with else _built(step, workspace, before)
    return outcome_of(step, "built", made)


def outcome_of(step: Step, status: str, made: dict) -> Outcome:
    """The outcome of a table that is there; a check that failed is told every time."""
    failures = [f"{each['name']}: {each['found']}" for each in made["checks"] if not each["passed"]]
    message = f"checks failed: {'; '.join(failures)}" if failures else None
    rows = made["output"]["rows"]
    return Outcome(step.address, step.label, status, rows, 0.0, message, int(bool(failures)))


def refuse_lost(step: Step, workspace: Workspace, before: dict | None) -> None:
    """Raise LostInput where a raw file is gone that was landed and is known, for this step or for its last table."""
    landing = workspace.landing
    now = record.raw_files(step, workspace)
    gone = [path for path in (before or {}).get("raw", {}) if path not in now and path in landing.lost(path)]
    if lost := sorted({*step.lost, *gone}):
        raise LostInput(landing.raw, lost)


def _built(step: Step, workspace: Workspace, before: dict | None) -> dict:
    started = time.monotonic()
    with session(step, workspace) as opened:
        con, finished = opened.con, opened.scratch / "table.parquet"
        synthetic = record.is_synthetic(step, workspace)
        mark = ", KV_METADATA {synthetic: 'true'}" if synthetic else ""
        opened.copy(f"SELECT * FROM {RESULT}", finished, f"COMPRESSION zstd{mark}")
        relation = f"read_parquet({literal(finished)}, hive_partitioning = false)"
        _refuse_unusable(opened, relation)
        unmatched = notes.unmatched_pumas(opened)
        accepted = whole.refuse_partial(opened, relation, before)
        results = _checked(opened, relation, before)
        content = {
            "output": _output(con, step, finished, relation),
            "notes": [*step.notes, *notes.coverage(con, step, relation), *unmatched, *notes.accepted(accepted)],
            "accepted": accepted,
            "record_counts": notes.record_counts(con, step),
            "checks": results,
            "synthetic": synthetic,
            "seconds": round(time.monotonic() - started, 3),
        }
        return _commit(step, workspace, finished, content)


def _shared(step: Step, workspace: Workspace) -> dict:
    """The rows of the default edition, under this edition's address and with its own record."""
    twin = workspace.record(step.shared_with.address)
    with workspace.store.scratch() as scratch:
        finished = scratch / "table.parquet"
        shutil.copyfile(workspace.store.local(step.shared_with.address), finished)
        kept = {name: twin[name] for name in ("notes", "accepted", "record_counts", "synthetic")}
        output = twin["output"] | {"path": step.address}
        content = {**kept, "output": output, "checks": twin["checks"], "seconds": 0.0}
        return _commit(step, workspace, finished, content)


def _commit(step: Step, workspace: Workspace, finished, content: dict) -> dict:
    made = record.of(step, workspace) | content
    workspace.store.commit(step.address, finished, made)
    workspace.forget(step.address)
    return made


def _output(con, step: Step, finished, relation: str) -> dict:
    return {
        "path": step.address,
        "rows": con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0],
        "sha256": files.sha256(finished),
        "bytes": finished.stat().st_size,
    }


def _refuse_unusable(opened: Session, relation: str) -> None:
    """Raise where the table is not what the catalog declares: columns, rows, keys, whole raw files."""
    step, con = opened.step, opened.con
    if step.columns:
        found = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
        if found != dict(step.columns):
            raise UsageError(
                f"{step.label}: the SQL gives the columns {found}, the catalog declares {dict(step.columns)}"
            )
    for each in opened.streamed:
        each.check(con, relation)
    landed = [opened.workspace.landing.locate(path) for view in step.views for path in view.landed]
    if step.layer == "staged" and not con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]:
        raise InputError(
            f"No rows for {step.label}",
            file=landed[0],
            expected=f"rows of {step.partition}",
            found="none",
            advice="The file may be of another year.",
        )
    if step.unique:
        keys = ", ".join(step.unique)
        row = con.execute(
            f"SELECT {keys}, count(*) FROM {relation} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        ).fetchone()
        if row:
            raise InputError(
                f"Duplicate keys in {step.label}",
                file=_one_of(landed) if landed else step.address,
                column=keys,
                expected="one row per key",
                found=f"{row[-1]} rows for {row[:-1]}",
            )


def _one_of(paths: list, shown: int = 3) -> str:
    further = f" or another of {len(paths)} files" if len(paths) > shown else ""
    return " or ".join(map(str, paths[:shown])) + further


def _checked(opened: Session, relation: str, before: dict | None) -> list[dict]:
    """The checks of a new table. Raises PartialInput where it would be poorer than the last good one."""
    step, workspace, con = opened.step, opened.workspace, opened.con
    if step.layer != "metric":
        return []
    skipped = () if notes.can_check_crosswalk(step) else (checks.CROSSWALK,)
    results = _check(con, step, workspace, relation, skipped, whole.last_good(step, workspace, before))
    return [whole.refuse_poorer(step, workspace, each) if each["name"] in checks.KEPT else each for each in results]


def _check(con, step: Step, workspace: Workspace, relation: str, skipped=(), last: dict | None = None) -> list[dict]:
    create_macros(con, checks.macro_paths())
    others = {checks.OTHER_YEARS: whole.other_years(step, workspace)} | (last or {})
    entries, year = workspace.plan.catalog_of(step.method), int(step.partition)
    return [asdict(each) for each in checks.check_metric(con, entries, step.name, year, relation, skipped, others)]


def _rechecked(step: Step, workspace: Workspace, before: list[dict]) -> list[dict]:
    """The checks of a table whose rows stay; what was found against its inputs and its last table stays with them."""
    if step.layer != "metric":
        return before
    with workspace.store.scratch() as scratch, connection(workspace, scratch) as con:
        con.execute(f"SET VARIABLE year = {step.partition}")
        relation = f"read_parquet({literal(workspace.store.local(step.address))}, hive_partitioning = false)"
        again = _check(con, step, workspace, relation, checks.NOT_AGAIN)
    return sorted(
        [*again, *(each for each in before if each["name"] in checks.NOT_AGAIN)], key=lambda each: each["name"]
    )
