"""SQL files of the project: their text, the macros they call and the named steps (CTEs) they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from pipeline import settings
from pipeline.errors import UsageError

_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|,|\w+|[^\w\s]", re.S)
_MACRO = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\s+)?MACRO\s+(\w+)", re.I)


@dataclass(frozen=True)
class NamedStep:
    """One CTE of a SQL file: its name, its title (the comment before it) and its text."""

    name: str
    title: str
    sql: str


@dataclass(frozen=True)
class SqlFile:
    """A SQL file as a chain of named steps and a final SELECT."""

    path: Path
    text: str
    steps: tuple[NamedStep, ...]
    final: str

    def up_to(self, name: str, query: str) -> str:
        """A statement that runs ``query`` with all steps up to and including ``name`` defined."""
        names = [step.name for step in self.steps]
        chain = ",\n".join(f"{step.name} AS (\n{step.sql}\n)" for step in self.steps[: names.index(name) + 1])
        return f"WITH {chain}\n{query}"

    @property
    def relative(self) -> str:
        """Path below the project, as the audit and the lineage give it."""
        return str(self.path.relative_to(settings.PROJECT))


@cache
def read(path: Path) -> SqlFile:
    """Read and split a SQL file of the form ``WITH a AS (…), b AS (…) SELECT …`` (or one SELECT)."""
    text = path.read_text(encoding="utf-8")
    tokens = list(_TOKEN.finditer(text))
    steps, comments, position = [], [], 0
    while position < len(tokens) and tokens[position].group().startswith(("--", "/*")):
        position += 1
    if position == len(tokens) or tokens[position].group().upper() != "WITH":
        return SqlFile(path, text, (), text[tokens[position].start() :].strip().rstrip(";") if tokens else "")
    header_end = tokens[position].start()
    position += 1
    while True:
        comments = []
        while tokens[position].group().startswith(("--", "/*")):
            comments.append(tokens[position].group().lstrip("-/* ").rstrip("*/ ").strip())
            position += 1
        name = tokens[position].group()
        columns, position = _column_list(path, text, tokens, position + 1)
        position = _skip_to_open(path, tokens, position)
        start, position = tokens[position].end(), _matching_close(path, tokens, position)
        body = text[start : tokens[position].start()].strip()
        steps.append(
            NamedStep(name, " ".join(comments), f"SELECT * FROM ({body}) AS {name}{columns}" if columns else body)
        )
        position += 1
        if position < len(tokens) and tokens[position].group() == ",":
            position += 1
            continue
        break
    final = text[tokens[position - 1].end() :].strip().rstrip(";").strip()
    return SqlFile(path, text[header_end:] if header_end else text, tuple(steps), final)


def _column_list(path, text, tokens, position) -> tuple[str, int]:
    """The column names of ``name(a, b) AS (…)``, brackets included, and where to go on."""
    if tokens[position].group() != "(":
        return "", position
    end = _matching_close(path, tokens, position)
    return text[tokens[position].start() : tokens[end].end()], end + 1


def _skip_to_open(path, tokens, position):
    for index in range(position, min(position + 4, len(tokens))):
        if tokens[index].group() == "(":
            return index
    raise UsageError(f"{path}: expected 'name AS (' in the chain of steps")


def _matching_close(path, tokens, position):
    depth = 0
    for index in range(position, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].group(), 0)
        if depth == 0:
            return index
    raise UsageError(f"{path}: a parenthesis is not closed")


@lru_cache(maxsize=1)
def macro_files() -> dict[Path, tuple[str, frozenset[str]]]:
    """Every file of sql/macros: its text and the names of the macros it creates."""
    found = {}
    for path in sorted((settings.SQL / "macros").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        found[path] = (text, frozenset(_MACRO.findall(text)))
    return found


def macros_called(texts: tuple[str, ...]) -> list[Path]:
    """Macro files that the texts call, directly or through other macros."""
    called: list[Path] = []
    pending = list(texts)
    while pending:
        words = set(re.findall(r"\w+(?=\s*\()", pending.pop()))
        for path, (text, names) in macro_files().items():
            if path not in called and words & names:
                called.append(path)
                pending.append(text)
    return sorted(called)
