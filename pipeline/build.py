"""Building: asks what is to be done and materializes exactly that through Dagster, a run per year."""

from __future__ import annotations

import os
import warnings

from pipeline.errors import InputError, MobilityError
from pipeline.interrupts import noticed
from pipeline.plan.step import Step
from pipeline.run import request
from pipeline.run.make import Outcome, outcome_of
from pipeline.run.workspace import Workspace

# The command's own progress is what a person reads; Dagster's event log would say it all twice.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def build(workspace: Workspace, steps: list[Step], force: bool = False) -> list[Outcome]:
    """Make what is to be done of ``steps`` and their inputs; what became of each. Nothing to do costs no start of
    Dagster."""
    pending = request.pending(steps, workspace, force)
    workspace.landing.save()
    made: dict[str, Outcome] = {}
    if pending:
        told = workspace.on_outcome
        workspace.on_outcome = lambda outcome: (made.update({outcome.address: outcome}), told(outcome))
        materialize(workspace, pending, force)
        workspace.on_outcome = told
    for step in pending:
        if step.address not in made:
            cause = next((each.label for each in step.upstream if each.address in made or each in pending), "an input")
            made[step.address] = Outcome(step.address, step.label, "blocked", message=f"not built because of {cause}")
            workspace.on_outcome(made[step.address])
    for step in steps:
        if step.address not in made:
            made[step.address] = outcome_of(step, "up to date", workspace.record(step.address))
    return list(made.values())


def materialize(workspace: Workspace, pending: list[Step], force: bool) -> None:
    """Materialize the pending tables: those without partition, then a Dagster run per year.

    The instance is that of DAGSTER_HOME where it is set, so that `dagster dev` shows the runs, else one for this
    command alone.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    import dagster as dg

    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)

    from assets.factories import all_assets, asset_key, table_asset
    from assets.partitions import partition_of

    kept = bool(os.environ.get("DAGSTER_HOME"))
    given = dg.ResourceDefinition.hardcoded_resource(workspace)
    # An instance of the command's own is gone with it, and so is what only the UI would show.
    keys = dict.fromkeys(step.key for step in pending)
    assets = all_assets() if kept else [table_asset(key, shown=False) for key in keys]
    job = dg.Definitions(assets=assets, resources={"workspace": given}).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() if kept else dg.DagsterInstance.ephemeral() as instance, noticed() as interrupted:
        for year, chosen in runs(pending, partition_of):
            by_key: dict[str, list[str]] = {}
            for step in chosen:
                by_key.setdefault(step.key, []).append(step.label)
            result = job.execute_in_process(
                instance=instance,
                partition_key=year,
                asset_selection=[asset_key(key) for key in by_key],
                run_config=QUIET
                | {
                    "ops": {
                        key.replace("/", "__").replace("-", "_"): {"config": {"tables": labels, "force": force}}
                        for key, labels in by_key.items()
                    }
                },
                raise_on_error=False,
            )
            if interrupted():
                raise KeyboardInterrupt
            _raise_unexpected(result)


def runs(pending: list[Step], partition_of) -> list[tuple[str | None, list[Step]]]:
    """The pending steps as runs (year, steps), so that what a step reads is in its own run or an earlier one."""
    found: list[tuple[str | None, list[Step]]] = []
    left = {step.address: step for step in pending}
    while left:
        years = sorted({partition_of(step.key, step.partition) for step in left.values()}, key=lambda year: year or "")
        for year in years:
            chosen: dict[str, Step] = {}
            for step in left.values():
                waits = [each for each in step.needs if each.address in left and each.address not in chosen]
                if partition_of(step.key, step.partition) == year and not waits:
                    chosen[step.address] = step
            if chosen:
                found.append((year, list(chosen.values())))
                left = {address: step for address, step in left.items() if address not in chosen}
    return found


def _raise_unexpected(result) -> None:
    """A failure that no outcome tells of is a fault of the program: never end as if all were well."""
    failures = [event for event in result.get_step_failure_events() if not event.step_failure_data.user_failure_data]
    if not result.success and not result.get_step_failure_events():
        told = [event.message for event in result.all_events if event.is_failure]
        raise MobilityError(f"Dagster could not run: {'; '.join(map(str, told)) or 'it does not say why'}")
    for event in failures:
        raise MobilityError(f"Unexpected error in {event.step_key}: {event.step_failure_data.error_display_string}")


def report(workspace: Workspace, steps: list[Step], outcomes: list[Outcome]) -> dict:
    """What a build of ``steps`` did, as JSON-able values: tables asked for that can be built, counts by status, exit code,
    notes on the metrics, every outcome."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    codes = {outcome.exit_code for outcome in outcomes}
    if not steps and not any(codes):
        codes = {InputError.exit_code}
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
    """What went wrong, one line per cause: the message and the tables it keeps from being made."""
    causes: dict[tuple, list] = {}
    for outcome in outcomes:
        if outcome.exit_code:
            causes.setdefault((outcome.message, outcome.exit_code), []).append(outcome.step)
    return [
        f"{steps[0]}: {message}" if len(steps) == 1 else f"{message} This stops {len(steps)} tables: {_listed(steps)}."
        for (message, _), steps in causes.items()
    ]


def _listed(names: list[str], shown: int = 6) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
