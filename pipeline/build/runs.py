"""Dagster runs: which tables each one makes, and how one is run in this process."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipeline.errors import MobilityError
from pipeline.interrupts import noticed
from pipeline.plan.partitions import partition_of
from pipeline.plan.step import Step
from pipeline.run.workspace import Workspace

# The command's own progress is what a person reads; Dagster's event log would say it all twice.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Run:
    """The tables of one Dagster run: those of a year, or those without partition (``year`` is None)."""

    year: str | None
    steps: list[Step]

    @property
    def labels(self) -> dict[str, list[str]]:
        """The labels of the tables by asset key."""
        found: dict[str, list[str]] = {}
        for step in self.steps:
            found.setdefault(step.key, []).append(step.label)
        return found


def planned(pending: list[Step]) -> list[Run]:
    """The pending steps as runs, so that what a step reads is in its own run or an earlier one.

    Every second year comes first: a metric is compared with the years next to it as they are then, and runs side by side
    would wait for each other.
    """
    found: list[Run] = []
    left = {step.address: step for step in pending}
    while left:
        years = {partition_of(step.key, step.partition) for step in left.values()}
        unpartitioned, named = sorted(years & {None}), sorted(years - {None})
        for year in [*unpartitioned, *named[::2], *named[1::2]]:
            chosen: dict[str, Step] = {}
            for step in left.values():
                waits = [each for each in step.needs if each.address in left and each.address not in chosen]
                if partition_of(step.key, step.partition) == year and not waits:
                    chosen[step.address] = step
            if chosen:
                found.append(Run(year, list(chosen.values())))
                left = {address: step for address, step in left.items() if address not in chosen}
    return found


@contextlib.contextmanager
def materializer(workspace: Workspace, keys: Iterable[str], force: bool) -> Iterator[Callable]:
    """Give a function that materializes one run: its year and its labels by asset key, of the assets of ``keys``.

    The instance is that of DAGSTER_HOME where it is set, so that `dagster dev` shows the runs, else one for this
    process alone. KeyboardInterrupt where Ctrl-C was pressed, MobilityError for a failure that no outcome tells of.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    import dagster as dg

    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)

    from assets.factories import all_assets, asset_key, table_asset

    kept = bool(os.environ.get("DAGSTER_HOME"))
    given = dg.ResourceDefinition.hardcoded_resource(workspace)
    # An instance of the command's own is gone with it, and so is what only the UI would show.
    assets = all_assets() if kept else [table_asset(key, shown=False) for key in dict.fromkeys(keys)]
    job = dg.Definitions(assets=assets, resources={"workspace": given}).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() if kept else dg.DagsterInstance.ephemeral() as instance, noticed() as interrupted:

        def run(year: str | None, labels: dict[str, list[str]]) -> None:
            result = job.execute_in_process(
                instance=instance,
                partition_key=year,
                asset_selection=[asset_key(key) for key in labels],
                run_config=QUIET
                | {
                    "ops": {
                        key.replace("/", "__").replace("-", "_"): {"config": {"tables": tables, "force": force}}
                        for key, tables in labels.items()
                    }
                },
                raise_on_error=False,
            )
            if interrupted():
                raise KeyboardInterrupt
            _raise_unexpected(result)

        yield run


def _raise_unexpected(result) -> None:
    """A failure that no outcome tells of is a fault of the program: never end as if all were well."""
    failures = [event for event in result.get_step_failure_events() if not event.step_failure_data.user_failure_data]
    if not result.success and not result.get_step_failure_events():
        told = [event.message for event in result.all_events if event.is_failure]
        raise MobilityError(f"Dagster could not run: {'; '.join(map(str, told)) or 'it does not say why'}")
    for event in failures:
        raise MobilityError(f"Unexpected error in {event.step_key}: {event.step_failure_data.error_display_string}")
