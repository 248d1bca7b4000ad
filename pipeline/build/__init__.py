"""Building: asks what is to be done and materializes exactly that through Dagster, a run per year."""

from __future__ import annotations

from pipeline.errors import InputError, MobilityError, listed
from pipeline.plan.step import Step, chain
from pipeline.run import request
from pipeline.run.make import Outcome, outcome_of
from pipeline.run.workspace import Workspace
from pipeline.store.store import failure_address


def build(workspace: Workspace, steps: list[Step], force: bool = False) -> list[Outcome]:
    """Make what is to be done of ``steps`` and their inputs; what became of each. Nothing to do costs no start of
    Dagster."""
    pending = request.pending(steps, workspace, force)
    _forget_mended(workspace, steps, pending)
    workspace.landing.save()
    made: dict[str, Outcome] = {}
    if pending:
        told = workspace.on_outcome
        workspace.on_outcome = lambda outcome: (made.update({outcome.address: outcome}), told(outcome))
        _materialize(workspace, pending, force)
        workspace.on_outcome = told
    for step in pending:
        if step.address not in made:
            cause = next((each.label for each in step.upstream if each.address in made or each in pending), "an input")
            made[step.address] = Outcome(step.address, step.label, "blocked", message=f"not built because of {cause}")
            workspace.on_outcome(made[step.address])
    current = [step for step in steps if step.address not in made]
    return [
        *(made[step.address] for step in pending),
        *(outcome_of(step, "up to date", workspace.record(step.address)) for step in current),
    ]


def _forget_mended(workspace: Workspace, steps: list[Step], pending: list[Step]) -> None:
    """A table that has nothing to be done has not failed, whatever was told of it before: its input may be back."""
    told = workspace.failures()
    if told:
        waiting = {step.address for step in pending}
        for step in chain(steps):
            if step.address not in waiting and failure_address(step.address) in told:
                workspace.tell_failure(step.address, None)


def _materialize(workspace: Workspace, pending: list[Step], force: bool) -> None:
    """Materialize the pending tables, a Dagster run after the other, or side by side where there is much to do."""
    # Imported here: a build with nothing to do should not pay for it.
    from pipeline.build import side_by_side
    from pipeline.build.runs import materializer, planned

    runs = planned(pending)
    processes = side_by_side.processes(workspace.settings, runs)
    if processes > 1:
        side_by_side.materialize(workspace, runs, processes, force)
        return
    with materializer(workspace, [step.key for step in pending], force) as run:
        for each in runs:
            run(each.year, each.labels)


def report(workspace: Workspace, steps: list[Step], outcomes: list[Outcome]) -> dict:
    """What a build of ``steps`` did, as JSON-able values: tables asked for that can be built, counts by status, exit code,
    notes on the metrics, every outcome."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    codes = {outcome.exit_code for outcome in outcomes}
    if not steps and not any(codes):
        codes = {InputError.exit_code}
    if counts.get("blocked"):
        codes.add(MobilityError.exit_code)
    return {
        "asked": len(steps),
        "counts": counts,
        # The most telling code: an unusable input before a failed check.
        "exit_code": next((code for code in (3, 2, 4, 1) if code in codes), 0),
        "notes": request.notes([step for step in steps if step.layer == "metric"], workspace),
        "outcomes": [outcome.as_dict() for outcome in outcomes],
        "synthetic": any((workspace.record(step.address) or {}).get("synthetic") for step in steps),
    }


def failures(outcomes: list[Outcome]) -> list[str]:
    """What went wrong, one line per cause: the message and the tables it keeps from being made. What is blocked has its cause
    among them, else it is told by itself."""
    causes: dict[tuple, list] = {}
    blocked = [outcome for outcome in outcomes if outcome.status == "blocked"]
    for outcome in [outcome for outcome in outcomes if outcome.exit_code] or blocked:
        causes.setdefault((outcome.message, outcome.exit_code), []).append(outcome.step)
    return [
        f"{steps[0]}: {message}" if len(steps) == 1 else f"{message} This stops {len(steps)} tables: {listed(steps)}."
        for (message, _), steps in causes.items()
    ]
