"""What a step is made with: the store, the raw files and the limits of this command. Handed from caller to callee."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pipeline.catalog.models import SubgroupFamily
from pipeline.errors import MobilityError
from pipeline.plan.custom import FOLDER, CustomGeography
from pipeline.plan.plan import Plan
from pipeline.settings import Settings
from pipeline.store.landing import Landing
from pipeline.store.store import FAILURES, Store, failure_address, open_store, record_address

# Where a store keeps the families of subgroup files.
SUBGROUPS = "subgroups"


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
    standings: dict[str, str] = field(default_factory=dict)
    subgroup: SubgroupFamily | None = None

    @classmethod
    def of(cls, chosen: Settings) -> Workspace:
        """The workspace of the settings; leftovers of killed processes are swept away."""
        store = open_store(chosen.store)
        store.sweep()
        return cls(chosen, store, Landing(Path(chosen.raw), store.working / "raw-manifests"))

    @cached_property
    def plan(self) -> Plan:
        """The plan of the chosen method and provider over the raw directory as it is now, with the regions of the store."""
        chosen = self.settings
        return Plan(self.landing, chosen.method, chosen.provider, regions=self.regions, subgroup=self.subgroup)

    @cached_property
    def regions(self) -> dict[str, CustomGeography]:
        """The regions that the store keeps, by the name of their geography."""
        kept = [self.store.read_json(address) for address in self.store.list(FOLDER)]
        return {each["name"]: CustomGeography.from_json(each) for each in kept if each}

    def add_regions(self, chosen: CustomGeography) -> None:
        """Let the plan know the regions of a file; ``keep_regions`` lets every later command know them."""
        self.regions[chosen.name] = chosen
        self.__dict__.pop("plan", None)
        self.standings.clear()

    def keep_regions(self, chosen: CustomGeography) -> None:
        """Keep the regions in the store, unless they are those that it has."""
        if self.store.read_json(chosen.address) != chosen.as_json():
            self.store.write_json(chosen.address, chosen.as_json())
        self.add_regions(chosen)

    @cached_property
    def subgroups(self) -> dict[str, SubgroupFamily]:
        """The families of subgroup files that the store keeps, by name."""
        kept = [self.store.read_json(address) for address in self.store.list(SUBGROUPS)]
        kept = [each | {"labels": dict(each["labels"])} for each in kept if each]
        return {each["subgroup_type"]: SubgroupFamily.model_validate(each) for each in kept}

    def of_subgroup(self, family: SubgroupFamily) -> Workspace:
        """The same workspace with a plan whose metrics of microdata are divided by the family."""
        return replace(self, subgroup=family)

    def keep_subgroup(self, family: SubgroupFamily) -> None:
        """Keep a family in the store, so that every later command knows it by its name."""
        address = f"{SUBGROUPS}/{family.subgroup_type}.json"
        # The first label that fits counts, so their order is kept.
        content = family.model_dump(mode="json") | {"labels": [list(each) for each in family.labels.items()]}
        if self.store.read_json(address) != content:
            self.store.write_json(address, content)
        self.subgroups[family.subgroup_type] = family

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
        self.standings.clear()
