"""The one resource: the workspace in which a run makes its tables."""

from __future__ import annotations

import dagster as dg

from pipeline.run.workspace import Workspace
from pipeline.settings import METHOD, PROVIDER, Settings


@dg.resource(
    description="Raw directory, store, method, provider and limits per step. Empty values mean MOBILITY_RAW, "
    "MOBILITY_STORE, MOBILITY_THREADS and MOBILITY_MEMORY",
    config_schema={
        "raw": dg.Field(str, default_value=""),
        "store": dg.Field(str, default_value=""),
        "method": dg.Field(str, default_value=METHOD),
        "provider": dg.Field(str, default_value=PROVIDER),
        "threads": dg.Field(int, default_value=0),
        "memory": dg.Field(str, default_value=""),
    },
)
def workspace_resource(context) -> Workspace:
    """A workspace of the run's own; every process of a run opens one."""
    given = dict(context.resource_config)
    return Workspace.of(Settings.of(given.pop("raw"), given.pop("store"), **given))
