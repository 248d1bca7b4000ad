"""The one resource: where raw files and store are, and the runner that the command line hands over."""

from __future__ import annotations

import dagster as dg

from pipeline.runner import Runner
from pipeline.settings import Settings

_HANDED_OVER: dict[str, Runner] = {}


def hand_over(runner: Runner | None) -> None:
    """Let runs in this process use the command line's runner, so that its outcomes and choices count."""
    _HANDED_OVER.clear()
    if runner:
        _HANDED_OVER["runner"] = runner


class Store(dg.ConfigurableResource):
    """Raw directory, store, method and provider. Empty paths mean MOBILITY_RAW and MOBILITY_STORE."""

    raw: str = ""
    store: str = ""
    method: str = "2025"
    provider: str = "census"

    def runner(self) -> Runner:
        """The runner of this run."""
        if "runner" in _HANDED_OVER:
            return _HANDED_OVER["runner"]
        return Runner(Settings.of(self.raw, self.store, method=self.method, provider=self.provider))
