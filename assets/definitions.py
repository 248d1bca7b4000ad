"""The Dagster definitions: `dagster dev -w workspace.yaml` shows the graph that the command line runs."""

from __future__ import annotations

import dagster as dg

from assets.factories import all_assets
from assets.releases import release_assets
from assets.resources import Store

metrics = dg.define_asset_job(
    "metrics",
    selection=dg.AssetSelection.key_prefixes(["metric"]).upstream() - dg.AssetSelection.key_prefixes(["raw"]),
    description="Everything from staged tables to metrics, for the years chosen",
)

defs = dg.Definitions(assets=[*all_assets(), *release_assets()], resources={"store": Store()}, jobs=[metrics])
