"""SQL files of the project, read with DuckDB's own parser: what they read and call, and the named steps they are made of.

A file is one SELECT, mostly a chain of common table expressions: each is a step of the method, with a comment before
it as its title. Comments and layout do not count for what a file computes.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from pipeline import settings
from pipeline.catalog import digest
from pipeline.errors import UsageError
from pipeline.kept import kept

_PARSER = threading.local()
_UNTITLED = re.compile(r"\A(?:\s*--[^\n]*\n)+")


@dataclass(frozen=True)
class NamedStep:
    """One CTE of a SQL file: its name, its title (the comment before it) and its text."""

    name: str
    title: str
    sql: str


@dataclass(frozen=True)
class Statement:
    """What a statement or an expression is and needs: hash of its parsed form, relations, functions and variables."""

    tree: str
    reads: frozenset[str]
    functions: frozenset[str]
    variables: frozenset[str]
    ctes: tuple[str, ...]


@dataclass(frozen=True)
class SqlFile:
    """A SQL file as a chain of named steps and a final SELECT; ``text`` is the statement without its end mark."""

    path: Path
    text: str
    title: str
    steps: tuple[NamedStep, ...]
    final: str
    statement: Statement

    def up_to(self, name: str, query: str) -> str:
        """A statement that runs ``query`` with all steps up to and including ``name`` defined."""
        names = [step.name for step in self.steps]
        chain = ",\n".join(f"{step.name} AS (\n{step.sql}\n)" for step in self.steps[: names.index(name) + 1])
        return f"WITH {chain}\n{query}"

    @property
    def final_title(self) -> str:
        """The comment before the last SELECT of a chain, empty where there is none."""
        return _comment(self.final[: len(self.final) - len(_UNTITLED.sub("", self.final))])

    @property
    def relative(self) -> str:
        """Path below the project, as the audit and the record give it."""
        return str(self.path.relative_to(settings.SQL.parent))


@dataclass(frozen=True)
class Macro:
    """A macro of sql/macros: the file that creates it and its definition as DuckDB keeps it."""

    name: str
    path: Path
    definition: str
    statement: Statement


def _parser() -> duckdb.DuckDBPyConnection:
    if not hasattr(_PARSER, "connection"):
        _PARSER.connection = duckdb.connect()
    return _PARSER.connection


@cache
def parse(sql: str) -> Statement:
    """The statement in parsed form. Raises UsageError with DuckDB's message where it cannot be parsed."""
    tree, *needs, ctes = kept(_parse, sql)
    return Statement(tree, *map(frozenset, needs), tuple(ctes))


def tree_of(sql: str) -> dict:
    """The statements of a SELECT as DuckDB parses it, or its ``error``."""
    return json.loads(_parser().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()[0])


def _parse(sql: str) -> list:
    """The fields of a Statement as JSON-able values."""
    tree = tree_of(sql)
    if tree["error"]:
        raise UsageError(f"SQL that DuckDB cannot parse: {tree['error_message']}")
    reads, functions, variables, ctes = set(), set(), set(), {}
    pending = [tree["statements"]]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            node.pop("query_location", None)
            if node.get("type") == "BASE_TABLE":
                reads.add(node["table_name"])
            if "cte_map" in node:
                ctes.update({each["key"]: None for each in node["cte_map"]["map"]})
            if node.get("class") == "FUNCTION":
                functions.add(node["function_name"])
                if node["function_name"] == "getvariable" and "value" in node["children"][0]:
                    variables.add(node["children"][0]["value"]["value"])
            if node.get("type") == "TABLE_FUNCTION":
                functions.add(node["function"]["function_name"])
            pending += node.values()
    form = digest(tree["statements"])
    return [form, sorted(reads - ctes.keys()), sorted(functions), sorted(variables), list(ctes)]


@cache
def macros() -> dict[str, Macro]:
    """Every macro of sql/macros by name."""
    paths = {path.stem: path for path in sorted((settings.SQL / "macros").glob("*.sql"))}
    texts = {stem: path.read_text(encoding="utf-8") for stem, path in paths.items()}
    return {
        name: Macro(
            name, paths[stem], f"{name}({', '.join(parameters)}) AS {definition}", parse(f"SELECT {definition}")
        )
        for stem, name, parameters, definition in kept(_create, json.dumps(texts))
    }


def _create(texts: str) -> list:
    """File, name, parameters and definition of every macro, as DuckDB keeps it; ``texts`` is a JSON object of the files."""
    with duckdb.connect() as con:
        for stem, text in json.loads(texts).items():
            con.execute(f'CREATE SCHEMA "{stem}"; USE "{stem}"')
            con.execute(text)
        return con.execute(
            "SELECT schema_name, function_name, parameters, macro_definition FROM duckdb_functions() "
            "WHERE function_type = 'macro' AND NOT internal ORDER BY ALL"
        ).fetchall()


def macros_called(statements: tuple[Statement, ...]) -> list[Macro]:
    """Macros that the statements call, directly or through other macros, by name."""
    called: dict[str, Macro] = {}
    pending = list(statements)
    while pending:
        for name in pending.pop().functions & macros().keys():
            if name not in called:
                called[name] = macros()[name]
                pending.append(called[name].statement)
    return [called[name] for name in sorted(called)]


@cache
def read(path: Path) -> SqlFile:
    """Read and split a SQL file of the form ``WITH a AS (…), b AS (…) SELECT …`` (or one SELECT).

    Raises UsageError where DuckDB cannot parse it or its steps cannot be told apart.
    """
    text = path.read_text(encoding="utf-8").strip().removesuffix(";").rstrip()
    try:
        statement = parse(text)
        title, steps, final = kept(_split, text)
        if [name for name, _, _ in steps] != [name for name in statement.ctes if name in {step[0] for step in steps}]:
            raise UsageError(f"the chain of steps is not what DuckDB reads: {', '.join(statement.ctes)}")
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return SqlFile(path, text, title, tuple(NamedStep(*step) for step in steps), final, statement)


def _split(text: str) -> tuple[str, list[tuple[str, str, str]], str]:
    """Title, named steps (name, title, text) and final SELECT of a SQL file."""
    tokens = _tokens(text)
    words = [word for _, _, word in tokens]
    title = _comment(text[: tokens[0][0]]) if tokens else ""
    if not words or words[0].upper() != "WITH":
        return title, [], text[tokens[0][0] :]
    steps, position = [], 1
    while True:
        name = words[position].strip('"')
        comment = _comment(text[tokens[position - 1][1] : tokens[position][0]])
        columns, position = "", position + 1
        if words[position] == "(":
            end = _close(words, position)
            columns = text[tokens[position][0] : tokens[end][1]]
            position = end + 1
        position = words.index("(", position)
        end = _close(words, position)
        body = text[tokens[position][1] : tokens[end][0]].strip()
        steps.append((name, comment, f"SELECT * FROM ({body}) AS {name}{columns}" if columns else body))
        position = end + 1
        if words[position] != ",":
            return title, steps, text[tokens[position - 1][1] :].strip()
        position += 1


def _tokens(text: str) -> list[tuple[int, int, str]]:
    """Start, end and text of every token; comments and white space lie between them."""
    starts = [offset for offset, _ in duckdb.tokenize(text)]
    # DuckDB counts bytes.
    raw = text.encode()
    found = []
    for start, following in zip(starts, [*starts[1:], len(raw)], strict=True):
        word = raw[start:following].decode()
        word = _without_comments(word)
        begin = len(raw[:start].decode())
        found.append((begin, begin + len(word), word))
    return found


def _without_comments(word: str) -> str:
    """A token without what follows it; a literal or quoted name may hold comment marks."""
    if word[0] in "'\"":
        end = 1
        while True:
            end = word.index(word[0], end) + 1
            if word[end : end + 1] != word[0]:
                return word[:end]
            end += 1
    for mark in ("--", "/*"):
        word = word.partition(mark)[0]
    return word.rstrip()


def _comment(between: str) -> str:
    """The text of the comments between two tokens, as one line."""
    lines = [
        line.strip().removeprefix("--").strip() for line in between.replace("/*", "").replace("*/", "").splitlines()
    ]
    return " ".join(line for line in lines if line)


def _close(words: list[str], position: int) -> int:
    depth = 0
    for index in range(position, len(words)):
        depth += {"(": 1, ")": -1}.get(words[index], 0)
        if depth == 0:
            return index
    raise UsageError("a parenthesis is not closed")
