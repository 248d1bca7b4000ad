"""What the numbers in the columns of steps count, from sql/units.yml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel

from pipeline import settings
from pipeline.catalog import editions, validated
from pipeline.catalog.models import FORBID

PATH = settings.SQL / "units.yml"


class Unit(BaseModel):
    """A unit in words; ``scale`` is how much of it the number 1 stands for."""

    model_config = FORBID
    unit: str
    scale: float = 1


class Replicates(BaseModel):
    """Where a SQL file has the replicate estimates of an interval: the step and its columns of the list and the estimate,
    and the step and columns of the bounds on their scale; ``title`` says what they are estimates of."""

    model_config = FORBID
    title: str
    step: str
    estimates: str
    estimate: str
    bounds_step: str
    lower: str
    upper: str

    def found(self, steps: list[dict]) -> dict | None:
        """Title, estimates, estimate and bounds as the steps of an audit have them, None where they have no one row."""
        rows = {}
        for step in steps:
            if step["name"] in (self.step, self.bounds_step) and len(step["rows"]) == 1:
                rows[step["name"]] = dict(zip(step["columns"], step["rows"][0], strict=True))
        if self.step not in rows or self.bounds_step not in rows:
            return None
        of_step, of_bounds = rows[self.step], rows[self.bounds_step]
        return {
            "title": self.title,
            "step": self.step,
            "estimates": of_step[self.estimates],
            "estimate": of_step[self.estimate],
            "lower": of_bounds[self.lower],
            "upper": of_bounds[self.upper],
        }


class Declared(BaseModel):
    """Units by SQL file (below sql/, without its suffix) and ``column`` or ``step.column``; weights by metric; replicate
    estimates by SQL file."""

    model_config = FORBID
    weights: dict[str, str]
    files: dict[str, dict[str, Unit]]
    replicates: dict[str, Replicates]


def stem(file: str) -> str:
    """A SQL file of the project as sql/units.yml names it."""
    return file.removeprefix("sql/").removesuffix(".sql")


@cache
def declared() -> Declared:
    """The content of sql/units.yml. UsageError where it is not as declared here."""
    return validated(PATH, editions.read(PATH), Declared)


@dataclass(frozen=True)
class Units:
    """The units of one measure's steps: what weights count and what the measure is in are filled in."""

    weight: str
    measure: str

    def of(self, files: list[str], step: str, columns: list[str]) -> dict[str, dict]:
        """Unit and scale of the columns of a step, as far as they are declared; the first of the SQL files counts."""
        found = {}
        for file in reversed(files):
            entries = declared().files.get(stem(file), {})
            for column in columns:
                if entry := entries.get(f"{step}.{column}") or entries.get(column):
                    unit = entry.unit.replace("{weight}", self.weight).replace("{measure}", self.measure)
                    found[column] = {"unit": unit, "scale": entry.scale}
        return found


def of_measure(slug: str, unit: str) -> Units:
    """The units of a metric's measure, which is in ``unit``."""
    return Units(declared().weights.get(slug, "weight"), unit)
