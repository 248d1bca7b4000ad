"""Where things are: the project's own files, the raw directory and the store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"
CATALOG = PROJECT / "pipeline" / "catalog"


@dataclass(frozen=True)
class Settings:
    """Paths and choices that hold for one command.

    ``raw`` and ``store`` follow design §4.2 and §2; ``method`` is a name of design §4.7, ``provider``
    one of §4.9. Results of another method than the default live beside it, never over it.
    """

    raw: Path
    store: Path
    method: str = "2025"
    provider: str = "census"
    threads: int | None = None

    @classmethod
    def of(cls, raw=None, store=None, **choices) -> Settings:
        """Settings from arguments, else from MOBILITY_RAW and MOBILITY_STORE, else the defaults."""
        raw = raw or os.environ.get("MOBILITY_RAW") or "data/raw"
        store = store or os.environ.get("MOBILITY_STORE") or "data/store"
        given = {name: value for name, value in choices.items() if value is not None}
        return cls(Path(raw).resolve(), Path(store).resolve(), **given)

    @property
    def metric_root(self) -> Path:
        """The folder of metric tables for the method in use (design §4.7)."""
        return self.store if self.method == "2025" else self.store / f"method={self.method}"
