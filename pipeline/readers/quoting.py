"""Names and values as SQL text."""

from __future__ import annotations


def quote(name: str) -> str:
    """``name`` as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value) -> str:
    """``value`` as a SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"
