"""Predicates of subgroup files: expressions over the columns of a staged table, and nothing else.

Read with DuckDB's own parser. What is not on the lists below never runs: statements, subqueries, files, settings, other
functions.
"""

from __future__ import annotations

import json

import duckdb

from pipeline.errors import nearest
from pipeline.quoting import literal, quote

# Classes of expressions that a predicate may be made of, and the functions that it may call.
ALLOWED = {"BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR"}
FUNCTIONS = {"+", "-", "*", "/", "//", "%", "abs", "coalesce", "nullif", "greatest", "least", "round", "floor", "ceil"}
LONGEST = 2_000


class NotAllowed(ValueError):
    """A predicate that is not an expression over known columns; the message is a sentence."""


def columns_of(predicate: str, columns: dict[str, str]) -> set[str]:
    """The columns that a predicate reads. NotAllowed where it is anything else than a condition over ``columns``.

    ``columns`` maps the names of the staged table to their types.
    """
    if not isinstance(predicate, str) or not predicate.strip():
        raise NotAllowed("it is no text.")
    if len(predicate) > LONGEST or "\x00" in predicate:
        raise NotAllowed(f"it has more than {LONGEST:,} characters, or one that no text has.")
    found: set[str] = set()
    _walk(_expression(predicate), columns, found)
    _refuse_other_types(predicate, columns)
    return found


def _expression(predicate: str) -> dict:
    """The parsed form of a predicate that is one expression."""
    with duckdb.connect() as con:
        tree = json.loads(
            con.execute("SELECT json_serialize_sql(?::VARCHAR)", [f"SELECT (\n{predicate}\n)"]).fetchone()[0]
        )
    if tree.get("error"):
        raise NotAllowed(f"it cannot be read as SQL ({' '.join(tree.get('error_message', '').split())[:120]}).")
    statements = tree["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    alone = (
        node.get("type") == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] == "EMPTY"
        and not node["where_clause"]
        and not node["modifiers"]
        and not node["cte_map"]["map"]
        and not node["having"]
        and not node["qualify"]
        and not node["group_expressions"]
    )
    if not alone:
        raise NotAllowed("it is more than one expression.")
    return node["select_list"][0]


def _walk(node, columns: dict[str, str], found: set[str]) -> None:
    if isinstance(node, list):
        for each in node:
            _walk(each, columns, found)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("class")
    if kind is not None and kind not in ALLOWED:
        raise NotAllowed(f"it has a {kind.lower().replace('_', ' ')}; allowed are conditions over columns.")
    if kind == "FUNCTION" and node["function_name"] not in FUNCTIONS:
        raise NotAllowed(f"it calls {node['function_name']!r}; allowed are {', '.join(sorted(FUNCTIONS))}.")
    if kind == "COLUMN_REF":
        name = node["column_names"][-1]
        if len(node["column_names"]) > 1 or name not in columns:
            near = nearest(name, columns)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise NotAllowed(
                f"the variable {'.'.join(node['column_names'])!r} is not staged.{hint} Staged are "
                f"{', '.join(name for name in columns if not name.startswith('repwt'))}; a further one is a column of the "
                "source's catalog entry and staged SQL (docs/extending.md, docs/acs_variables.md names the Census and IPUMS variables)."
            )
        found.add(name)
        return
    for each in node.values():
        _walk(each, columns, found)


def _refuse_other_types(predicate: str, columns: dict[str, str]) -> None:
    """Raise NotAllowed where DuckDB cannot make a condition of it, on a row of zeros, without any file."""
    with duckdb.connect(config={"enable_external_access": "false", "lock_configuration": "true"}) as con:
        values = ", ".join(
            f"CAST({0 if kind != 'VARCHAR' else literal('')} AS {kind}) AS {quote(name)}"
            for name, kind in columns.items()
        )
        try:
            con.execute(f"CREATE TABLE records AS SELECT {values}")
            kind = con.execute(
                f"SELECT typeof(condition), condition FROM (SELECT (\n{predicate}\n) AS condition FROM records)"
            ).fetchone()[0]
        except duckdb.Error as error:
            raise NotAllowed(f"DuckDB says: {' '.join(str(error).split())[:160]}") from error
    if kind not in ("BOOLEAN", '"NULL"'):
        raise NotAllowed(f"it is no condition: its type is {kind}, expected BOOLEAN.")
