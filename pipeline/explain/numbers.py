"""Numbers and columns of steps as text: whole, in their unit, long rows of numbered columns folded."""

from __future__ import annotations

import re
import textwrap
from decimal import Decimal

# Columns of one stem and list items from which on they are folded; replicate weights are 80.
MANY = 20
SHOWN_ITEMS = 3
# Indentation of a named step in a SQL file.
INDENT = "    "
NUMBERED = re.compile(r"(.*?)(\d+)$")


def text(value) -> str:
    """A value without loss; a long list by its first items and its last."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (list, tuple)):
        shown = [text(each) for each in value]
        if len(shown) >= MANY:
            return f"[{len(shown)} items: {', '.join(shown[:SHOWN_ITEMS])} … {shown[-1]}; --json shows them]"
        return f"[{', '.join(shown)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {text(each)}" for name, each in value.items()) + "}"
    return str(value)


def scaled(value, unit: dict | None) -> str:
    """A value in whole units, where a number 1 stands for another amount of them."""
    if unit and unit["scale"] != 1 and isinstance(value, (int, float, Decimal)):
        value = Decimal(str(value)) * Decimal(str(unit["scale"]))
    return text(value)


def with_unit(value, unit: dict | None) -> str:
    """A value and what it counts, where that is declared."""
    return f"{scaled(value, unit)} {unit['unit']}" if unit and value is not None else text(value)


def heading(name: str, units: dict) -> str:
    """A column's name and what it counts, where that is declared."""
    return f"{name} ({units[name]['unit']})" if name in units else name


def folded(columns: list[str]) -> tuple[list[int], list[str]]:
    """Positions of the columns that are shown, and what stands for long rows of numbered ones."""
    stems: dict[str, list[int]] = {}
    for index, name in enumerate(columns):
        if match := NUMBERED.match(name):
            stems.setdefault(match[1], []).append(index)
    many = {stem: found for stem, found in stems.items() if len(found) >= MANY}
    hidden = {index for found in many.values() for index in found}
    told = [
        f"{len(found)} {'replicate weights' if re.search('(rep|p|^)wt', stem, re.IGNORECASE) else 'columns'} "
        f"{columns[found[0]]} to {columns[found[-1]]}"
        for stem, found in many.items()
    ]
    return [index for index in range(len(columns)) if index not in hidden], told


def aligned(sql: str) -> str:
    """The text of a named step, whose first line has lost the indentation that the others have."""
    later = [line for line in sql.splitlines()[1:] if line.strip()]
    indented = later and all(line.startswith(INDENT) for line in later)
    return textwrap.dedent(f"{INDENT}{sql}") if indented else sql
