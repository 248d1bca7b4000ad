"""The one resource: the workspace in which a run makes its tables."""

from __future__ import annotations

import dagster as dg

from pipeline.run.workspace import Workspace
from pipeline.settings import METHOD, PROVIDER, Settings


class WorkspaceResource(dg.ConfigurableResourceFactory[Workspace]):
    """Raw directory, store, method, provider and limits per step. Empty values mean MOBILITY_RAW, MOBILITY_STORE,
    MOBILITY_THREADS and MOBILITY_MEMORY."""

    raw: str = ""
    store: str = ""
    method: str = METHOD
    provider: str = PROVIDER
    threads: int = 0
    memory: str = ""

    def create_resource(self, context) -> Workspace:
        """A workspace of the run's own; every process of a run opens one."""
        limits = {"threads": self.threads, "memory": self.memory}
        return Workspace.of(Settings.of(self.raw, self.store, method=self.method, provider=self.provider, **limits))
