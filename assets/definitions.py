"""The Dagster definitions: `dagster dev -w workspace.yaml` shows the graph that the command line runs."""

from __future__ import annotations

import dagster as dg

from assets.factories import all_assets
from assets.partitions import YEARS
from assets.releases import release_assets
from assets.resources import WorkspaceResource

LAYERS = ["staged", "geography", "sums", "metric"]

tables = dg.define_asset_job(
    "tables",
    selection=dg.AssetSelection.key_prefixes(*([layer] for layer in LAYERS)),
    partitions_def=YEARS,
    description="Everything from staged tables to metrics for one year; a backfill makes one run per year",
)

defs = dg.Definitions(
    assets=[*all_assets(), *release_assets()], resources={"workspace": WorkspaceResource()}, jobs=[tables]
)
