"""The Dagster definitions: `dagster dev -w workspace.yaml` shows the graph that the command line runs."""

from __future__ import annotations

import dagster as dg

from assets.factories import all_assets
from assets.releases import release_assets
from assets.resources import workspace_resource

LAYERS = ["staged", "geography", "sums", "records", "metric"]

tables = dg.define_asset_job(
    "tables",
    selection=dg.AssetSelection.key_prefixes(*([layer] for layer in LAYERS)),
    description="Everything from staged tables to metrics for one year; a backfill makes one run per year",
)

defs = dg.Definitions(
    assets=[*all_assets(), *release_assets()], resources={"workspace": workspace_resource}, jobs=[tables]
)


def tables_job() -> dg.JobDefinition:
    """The job ``tables``, as the processes of an executor find it by name (``dagster.reconstructable``)."""
    return defs.resolve_job_def("tables")
