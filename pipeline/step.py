"""A step: one output of the pipeline and everything it is a function of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.catalog.models import RawFile


@dataclass(frozen=True)
class View:
    """A relation that a step's SQL reads.

    ``parts`` are the upstream steps whose outputs it is made of, each with constant columns that are
    added; ``raw`` and ``landed`` are set for a view on raw files; an optional input that is not at hand
    is an empty relation with ``columns`` (name -> type).
    """

    name: str
    parts: tuple[tuple[Step, tuple[tuple[str, str], ...]], ...] = ()
    raw: RawFile | None = None
    landed: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    literal_rows: tuple[tuple, ...] = ()
    expression: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One output and all it is a function of."""

    layer: str
    name: str
    partition: str | None
    geography: str | None
    output: Path
    sql: tuple[Path, ...]
    views: tuple[View, ...]
    variables: dict = field(hash=False, compare=False)
    entry: dict = field(hash=False, compare=False)
    unique: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    record_counts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Asset key: layer and name."""
        return f"{self.layer}/{self.name}"

    @property
    def label(self) -> str:
        """Key, partition and geography, as messages name the step."""
        return " ".join(part for part in (self.key, self.partition, self.geography) if part)

    @property
    def upstream(self) -> list[Step]:
        """The steps whose outputs this one reads."""
        return [step for view in self.views for step, _ in view.parts]


def chain(steps: list[Step]) -> list[Step]:
    """The steps and all they depend on, every one once, inputs before what reads them."""
    ordered: dict[Path, Step] = {}

    def visit(step: Step):
        if step.output not in ordered:
            for upstream in step.upstream:
                visit(upstream)
            ordered[step.output] = step

    for step in steps:
        visit(step)
    return list(ordered.values())
