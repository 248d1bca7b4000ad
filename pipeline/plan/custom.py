"""Custom geographies: the regions of a file, as the plan and the SQL know them.

``pipeline.region`` reads the file and resolves its parts; the store keeps them, so that every command knows the geography
by its name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pipeline.errors import UsageError
from pipeline.plan.step import View

# What the SQL reads the parts of the regions as, and under which key an input's table of a custom geography stands.
COMPONENT, REGION = "component", "region"
FOLDER = "regions"
COLUMNS = (
    ("region", "VARCHAR"),
    ("name", "VARCHAR"),
    ("component_type", "VARCHAR"),
    ("component_geoid", "VARCHAR"),
    ("weight", "DECIMAL(18,15)"),
    ("vintage", "VARCHAR"),
    ("shape", "VARCHAR"),
)
# Types of parts that a way of combining can take; microdata take all.
TRACTS = ("county", "place", "puma", "tract", "town", "polygon")
SUMS = ("county", "place")


@dataclass(frozen=True)
class Part:
    """One part of a region. ``vintage`` is the census whose code it is (None: of both), ``shape`` the hexadecimal WKB of a
    polygon in degrees, ``weight`` decimal text."""

    region: str
    name: str
    component_type: str
    component_geoid: str | None
    weight: str = "1"
    vintage: str | None = None
    shape: str | None = None


@dataclass(frozen=True)
class CustomGeography:
    """The regions of a file: ``name`` is its stem, ``file`` what it was called, ``sha256`` that of its bytes."""

    name: str
    file: str
    sha256: str
    parts: tuple[Part, ...]

    @property
    def address(self) -> str:
        """Where the store keeps the regions."""
        return f"{FOLDER}/{self.name}.json"

    @property
    def types(self) -> list[str]:
        """The types of its parts, sorted."""
        return sorted({part.component_type for part in self.parts})

    def view(self) -> View:
        """The relation ``component``: a row per part."""
        rows = tuple(tuple(getattr(part, name) for name, _ in COLUMNS) for part in self.parts)
        return View(COMPONENT, columns=COLUMNS, literal_rows=rows, file=(self.address, self.sha256))

    def as_json(self) -> dict:
        """JSON-able content, as the store keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict) -> CustomGeography:
        """What ``as_json`` gave."""
        return cls(**{**content, "parts": tuple(Part(**part) for part in content["parts"])})

    def example(self, allowed: tuple[str, ...]) -> Part | None:
        """The first part of a type that is not among the allowed ones."""
        return next((part for part in self.parts if part.component_type not in allowed), None)


class NotCombined(UsageError):
    """A metric has no values for a region file: its method does not allow it."""


def refuse_uncombined(slug: str, combine, geographies: list[str], chosen: CustomGeography) -> None:
    """Raise NotCombined where the metric cannot be combined from the parts of the regions."""
    if combine.by == "none":
        raise NotCombined(f"{slug} has no values for the regions of {chosen.file}: {combine.because}.")
    if combine.by == "tracts" and (part := chosen.example(TRACTS)):
        raise NotCombined(
            f"{slug} has no values for the regions of {chosen.file}: it is made of census tracts, and the Census Bureau's "
            f"file ties the {part.component_type} {part.component_geoid} of region {part.region} to counties only."
        )
    if combine.by == "ratio_of_sums":
        wrong = chosen.example(SUMS)
        if wrong or len(chosen.types) > 1 or chosen.types[0] not in geographies:
            found = (
                f"a {wrong.component_type} ({wrong.region})"
                if wrong
                else " and ".join(f"a {each}" for each in chosen.types)
            )
            known = " or all ".join(
                f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s" for name in geographies
            )
            raise NotCombined(
                f"{slug} has no values for the regions of {chosen.file}: its numbers are summed over the metric's own "
                f"areas, so that all parts of the file have to be {known}; found {found}."
            )
