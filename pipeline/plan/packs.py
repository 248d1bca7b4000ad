"""Sums packs: tables without geography and without records that stand in where microdata and crosswalks are not landed.

A pack is landed like any raw file, as ``sums_pack/<method>/<version>/<table>.parquet`` with a ``pack.json`` that tells of
each table its hash, its rules (the SQL and subgroups that it was made by) and what is lacking in it. ``pipeline.publish.pack``
makes one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from pipeline import settings
from pipeline.catalog.models import RawFile
from pipeline.errors import MissingInput
from pipeline.plan.definition import definition
from pipeline.plan.step import RESULT, Step, View
from pipeline.store import files
from pipeline.store.landing import Landing

FOLDER = "sums_pack"
CONTENT = "pack.json"
# To be raised whenever tables of a pack are laid out otherwise.
FORMAT = 1
READER = "packed"
# The columns that records have where rows of a pack stand for them.
REPLICATES = tuple((f"repwt{number}", f"replicate_weights[{number}]") for number in range(1, 81))
QUERY = settings.SQL / "packs" / "packed.sql"


def table_name(step: Step) -> str:
    """What a table is called in a pack: layer, name, and year or vintage."""
    return "/".join(filter(None, (step.layer, step.name, step.partition)))


def folder(method: str, version: str) -> str:
    """Where a pack lies in the raw directory."""
    return f"{FOLDER}/{method}/{version}"


def rules(step: Step) -> str:
    """Hash of how a table of sums, records or geography is made: its SQL, macros, variables, and the labels of its keys."""
    labels = tuple(
        View(view.name, literal_rows=view.literal_rows, expression=view.expression)
        for view in step.views
        if view.literal_rows or view.expression
    )
    return definition(replace(step, views=labels, shared_with=None))


@dataclass(frozen=True)
class Pack:
    """A landed pack: its method and version (of the release that it goes with), and what its ``pack.json`` says."""

    method: str
    version: str
    tables: dict[str, dict]

    def file(self, name: str) -> str:
        """Where a table of the pack lies in the raw directory."""
        return f"{folder(self.method, self.version)}/{name}.parquet"


class Packs:
    """The packs of one method that are landed, the newest release first."""

    def __init__(self, landing: Landing, method: str):
        self.landing, self.method = landing, method

    @cached_property
    def landed(self) -> list[Pack]:
        """The packs, the newest release first."""
        found = []
        for path in self.landing.find(f"{FOLDER}/{self.method}/*/{CONTENT}"):
            content = files.read_json(self.landing.locate(path))
            if content and content.get("format") == FORMAT:
                found.append(Pack(self.method, content["version"], content["tables"]))
        return sorted(found, key=lambda each: [int(part) for part in each.version.split(".")], reverse=True)

    def standing_in(self, wanted: Step) -> Step | None:
        """The step that takes a table from the newest pack that has it, None where none has.

        ``wanted`` is the table without its inputs: layer, name, partition, address, how it is made, what is declared of it.
        Raises MissingInput where the pack's table was made by other rules, is damaged or is gone.
        """
        name = table_name(wanted)
        for pack in self.landed:
            if name in pack.tables:
                return self._step(wanted, pack, name, pack.tables[name])
        return None

    def _step(self, wanted: Step, pack: Pack, name: str, told: dict) -> Step:
        path = pack.file(name)
        if told["rules"] and told["rules"] != rules(wanted):
            raise MissingInput(
                f"The sums pack {pack.version} has {name} by other rules than those of today",
                file=self.landing.raw / path,
                expected="a pack made with the SQL and subgroups of this version of mobility",
                found=f"one made by {told['code_version']}",
                advice="Get the pack of a newer release, or use that version of mobility.",
            )
        located = self.landing.locate(path)
        found = self.landing.take_in(path)["sha256"] if located.exists() else "nothing"
        if found != told["sha256"]:
            raise MissingInput(
                f"A table of the sums pack {pack.version} is not what its {CONTENT} says",
                file=located,
                expected=f"sha256 {told['sha256']}",
                found=found,
                advice="Land the pack again: mobility build --from-pack FILE",
            )
        raw = RawFile(path=path, reader=READER, called=f"{name} of the sums pack {pack.version}")
        return replace(
            wanted,
            queries=((RESULT, QUERY),),
            views=(View("packed", raw=raw, landed=(path,)),),
            variables={},
            notes=(*told["notes"], f"from the sums pack {pack.version}"),
        )
