"""What is wrong with a region file: every problem is told in one paragraph, the first ones of many."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UsageError

SHOWN = 5


class RegionError(UsageError):
    """A region file that cannot be used; ``problems`` are all that were found, a sentence or two each."""

    def __init__(self, path: Path, problems: list[str]):
        self.problems = problems
        more = f" And {len(problems) - SHOWN:,} more." if len(problems) > SHOWN else ""
        super().__init__(f"Region file {path.name}: {' '.join(problems[:SHOWN])}{more}")


def told(text, most: int = 60) -> str:
    """A value of the file as messages show it: quoted, on one line, cut off where it is long."""
    shown = ascii(text) if not str(text).isprintable() else repr(text)
    return shown if len(shown) <= most else f"{shown[: most - 2]}…{shown[-1]}"
