"""What a step is made with: the store, the raw files and the limits of this command. Handed from caller to callee."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.errors import MobilityError
from pipeline.plan.custom import FOLDER, CustomGeography
from pipeline.plan.plan import Plan
from pipeline.settings import Settings
from pipeline.store.landing import Landing
from pipeline.store.store import FAILURES, Store, failure_address, open_store, record_address


@dataclass
class Workspace:
    """Store, landing and settings of one command, and what it has already looked up (``records``, ``current``).

    ``on_start`` is told of every step before its table is made, ``on_outcome`` of what became of it, as progress.
    """

    settings: Settings
    store: Store
    landing: Landing
    on_start: Callable = lambda step: None
    on_outcome: Callable = lambda outcome: None
    records: dict[str, dict | None] = field(default_factory=dict)
    current: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, chosen: Settings) -> Workspace:
        """The workspace of the settings; leftovers of killed processes are swept away."""
        store = open_store(chosen.store)
        store.sweep()
        return cls(chosen, store, Landing(Path(chosen.raw), store.working / "raw-manifests"))

    @cached_property
    def plan(self) -> Plan:
        """The plan of the chosen method and provider over the raw directory as it is now, with the regions of the store."""
        return Plan(self.landing, self.settings.method, self.settings.provider, regions=self.regions)

    @cached_property
    def regions(self) -> dict[str, CustomGeography]:
        """The regions that the store keeps, by the name of their geography."""
        kept = [self.store.read_json(address) for address in self.store.list(FOLDER)]
        return {each["name"]: CustomGeography.from_json(each) for each in kept if each}

    def add_regions(self, chosen: CustomGeography) -> None:
        """Let the plan know the regions of a file; ``keep_regions`` lets every later command know them."""
        self.regions[chosen.name] = chosen
        self.__dict__.pop("plan", None)
        self.current.clear()

    def keep_regions(self, chosen: CustomGeography) -> None:
        """Keep the regions in the store, unless they are those that it has."""
        if self.store.read_json(chosen.address) != chosen.as_json():
            self.store.write_json(chosen.address, chosen.as_json())
        self.add_regions(chosen)

    def record(self, address: str) -> dict | None:
        """The record of a table, None where the table is not there whole; read once per command."""
        if address not in self.records:
            self.records[address] = self.store.record(address)
        return self.records[address]

    def write_record(self, address: str, record: dict) -> None:
        """Replace the record of a table whose rows stay."""
        self.store.write_json(record_address(address), record)
        self.forget(address)

    def tell_failure(self, address: str, error: MobilityError | None) -> None:
        """Keep why a table could not be made, until it is made; a store that cannot be written does without."""
        where = failure_address(address)
        with contextlib.suppress(OSError):
            if error:
                self.store.write_json(where, {"message": str(error), "exit_code": error.exit_code})
            else:
                self.store.remove(where)

    def failures(self) -> dict[str, str]:
        """Why tables could not be made the last time: where it is told -> the message."""
        return {each: self.store.read_json(each)["message"] for each in self.store.list(str(FAILURES))}

    def forget(self, address: str) -> None:
        """Look the table up again, and whatever reads it."""
        self.records.pop(address, None)
        self.current.clear()
