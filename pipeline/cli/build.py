"""The build command: asks the runner what is stale and materializes exactly that through Dagster."""

from __future__ import annotations

import os
import warnings

from pipeline.errors import MobilityError
from pipeline.runner import LAYERS, Runner
from pipeline.step import Step

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"

# The runner's own progress is what a person reads; Dagster's event log would say it all twice.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def build(runner: Runner, steps: list[Step]) -> None:
    """Run the stale ones of ``steps`` and their inputs. Nothing to do costs no start of Dagster."""
    stale = runner.stale(steps)
    runner.plan.landing.save()
    if stale:
        materialize(runner, stale)
        runner.plan.landing.save()


def materialize(runner: Runner, stale: list[Step]) -> None:
    """Materialize the assets of the stale steps, layer by layer, in this process.

    A layer is one Dagster run, so that the failure of one table does not skip what does not depend on it.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    import dagster as dg

    warnings.filterwarnings("ignore", category=dg.BetaWarning)

    from assets.factories import all_assets, asset_key
    from assets.partitions import YEARS
    from assets.resources import Store, hand_over

    definitions = all_assets()
    partitioned = {definition.key for definition in definitions if definition.partitions_def}
    runner.only = {step.output for step in stale}
    hand_over(runner)
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            for layer in LAYERS:
                for by_year in (False, True):
                    chosen = {asset_key(step.key) for step in stale if step.layer == layer}
                    chosen = [key for key in chosen if (key in partitioned) == by_year]
                    if not chosen:
                        continue
                    years = YEARS.get_partition_keys()
                    tags = {RANGE_START: years[0], RANGE_END: years[-1]} if by_year else {}
                    result = dg.materialize(
                        definitions,
                        selection=dg.AssetSelection.assets(*chosen),
                        instance=instance,
                        resources={"store": Store()},
                        tags=tags,
                        run_config=QUIET,
                        raise_on_error=False,
                    )
                    _raise_unexpected(runner, result)
    finally:
        hand_over(None)
        runner.only = None


def _raise_unexpected(runner: Runner, result) -> None:
    """A failure that no outcome tells of is a fault of the program: never end as if all were well."""
    failures = [event for event in result.get_step_failure_events() if not event.step_failure_data.user_failure_data]
    for event in failures:
        raise MobilityError(f"Unexpected error in {event.step_key}: {event.step_failure_data.error_display_string}")
