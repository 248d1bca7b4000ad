"""A step: one table of the store and everything it is a function of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.catalog.models import RawFile, Whole

RESULT = "result"


@dataclass(frozen=True)
class View:
    """A relation that a step's SQL reads.

    ``parts`` are the upstream steps whose tables it is made of, each with constant columns that are added;
    ``raw`` and ``landed`` are set for a view on raw files; an optional input that is not at hand is an empty
    relation with ``columns`` (name -> type). ``lost`` are raw files that were landed and are gone, ``given_up`` those
    of them that are accepted to be gone. ``only`` is a condition on the rows of an upstream step, by its address.
    ``file`` is the file that literal rows stand for: where it is kept, and its sha256.
    """

    name: str
    parts: tuple[tuple[Step, tuple[tuple[str, str], ...]], ...] = ()
    raw: RawFile | None = None
    landed: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    literal_rows: tuple[tuple, ...] = ()
    expression: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    file: tuple[str, str] | None = None


@dataclass(frozen=True, eq=False)
class Step:
    """One table and all it is a function of.

    ``queries`` are SQL files in the order in which they are run, each under the name that the next ones read; the
    last one is ``result``. ``whole`` and ``compared_with`` tell whether raw files are whole and decide no row.
    ``address`` is where the table lies in the store; ``entry`` is what the catalog says of
    it beyond what decides its rows. ``custom`` is a table of a region file. ``shared_with`` is the step of the default edition that no difference touches.
    """

    layer: str
    name: str
    partition: str | None
    geography: str | None
    part: str | None
    method: str
    provider: str
    address: str
    queries: tuple[tuple[str, Path], ...]
    views: tuple[View, ...]
    variables: dict = field(default_factory=dict)
    entry: dict = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    record_counts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    whole: tuple[tuple[str, Whole], ...] = ()
    compared_with: tuple[View, ...] = ()
    custom: bool = False
    shared_with: Step | None = None

    @property
    def key(self) -> str:
        """Asset key: layer and name."""
        return f"{self.layer}/{self.name}"

    @property
    def label(self) -> str:
        """Key, partition, geography and, where a table has one file per raw file, its part: as messages name it."""
        return " ".join(part for part in (self.key, self.partition, self.geography, self.part) if part)

    @property
    def sql(self) -> tuple[Path, ...]:
        """The SQL files of the step."""
        return tuple(path for _, path in self.queries)

    @cached_property
    def upstream(self) -> list[Step]:
        """The steps whose tables this one reads."""
        if self.shared_with:
            return [self.shared_with]
        return [step for view in self.views for step, _ in view.parts]

    @property
    def needs(self) -> list[Step]:
        """The steps that are made before this one: those it reads, and those that its raw files are compared with."""
        return [*self.upstream, *(step for view in self.compared_with for step, _ in view.parts)]

    @property
    def lost(self) -> list[str]:
        """Raw files of its inputs that were landed and are gone."""
        return sorted({path for view in self.views for path in view.lost})


def chain(steps: list[Step]) -> list[Step]:
    """The steps and all they depend on, every one once, inputs before what reads them."""
    ordered: dict[str, Step] = {}

    def visit(step: Step):
        if step.address not in ordered:
            for needed in step.needs:
                visit(needed)
            ordered[step.address] = step

    for step in steps:
        visit(step)
    return list(ordered.values())
