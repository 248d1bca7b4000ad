"""Which values decided a flag or a note: the columns that the SQL looks at, as the steps of an audit have them.

A column that has several values in the rows that lead to the cell is left out: which of them counted, only the steps say.
"""

from __future__ import annotations

from functools import cache

from pipeline.plan.sqlfile import tree_of

# Keys of a cell tell which row is meant, not what it is like.
KEYS = frozenset({"metric", "measure", "year", "geography", "geoid", "subgroup_type", "subgroup", "sample"})
# How far expressions are followed back: to the flag's own columns, and to what these were made of.
DEPTH = 2
SIGNS = {
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
# Whether a column is there at all says nothing of what it was made of.
NULL_TESTS = ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL")


def decided_by(steps: list[dict], label: str, column: str, measure: str) -> list[dict]:
    """The values behind ``column`` of the last statement of the table ``label``: its columns, and what they were made of.

    ``[{"column", "value", "unit", "step", "title"}]``
    """
    own = _own(steps, label)
    found: dict[str, dict] = {}
    if own and own[-1]["kind"] == "final":
        for name in _columns_of(own[-1]["sql"], column, measure) or [column]:
            _trace(own, len(own) - 1, name, DEPTH - 1, found)
    # A note is no reason for itself.
    return [each for name, each in found.items() if name != "note"]


def thresholds(steps: list[dict], label: str, variables: dict) -> list[dict]:
    """Comparisons of a column with a number that the catalog sets, such as the least sample, with the cell's value.

    ``[{"column", "value", "unit", "step", "title", "sign", "variable", "limit"}]``
    """
    own = _own(steps, label)
    found: dict[tuple, dict] = {}
    for index, step in enumerate(own):
        for name, sign, variable in _comparisons(step["sql"]) if step["kind"] != "input" else ():
            limit = variables.get(variable)
            if isinstance(limit, bool) or not isinstance(limit, (int, float)):
                continue
            # A row that the comparison takes out is in the steps before it.
            value = next((value for each in reversed(own[: index + 1]) if (value := _value(each, name))), None)
            if value:
                found.setdefault((name, variable), value | {"sign": sign, "variable": variable, "limit": limit})
    return list(found.values())


def _own(steps: list[dict], label: str) -> list[dict]:
    return [each for each in steps if each["of"] == label and each["kind"] in ("input", "step", "final")]


def _trace(own: list[dict], before: int, name: str, depth: int, found: dict) -> None:
    """Add the value of a column as the steps before position ``before`` have it, and of what it was made of."""
    value, made_in = None, None
    for index in range(before - 1, -1, -1):
        earlier = _value(own[index], name)
        if earlier is None and name in own[index]["columns"] and own[index]["rows"]:
            break
        if earlier:
            value, made_in = earlier, index
            made_of = [] if own[index]["kind"] == "input" else _columns_of(own[index]["sql"], name, None)
            if made_of:
                break
    if value is None:
        return
    found.setdefault(name, value)
    if depth and own[made_in]["kind"] != "input":
        for each in _columns_of(own[made_in]["sql"], name, None):
            _trace(own, made_in, each, depth - 1, found)


def _value(step: dict, name: str) -> dict | None:
    """The one value that the rows of a step have in a column; None where they have none, several, NULL or a list."""
    if name not in step["columns"]:
        return None
    position = step["columns"].index(name)
    values = [row[position] for row in step["rows"]]
    if (
        not values
        or values[0] is None
        or isinstance(values[0], (list, dict))
        or any(each != values[0] for each in values)
    ):
        return None
    told = {"column": name, "value": values[0], "unit": step["units"].get(name)}
    return told | {"step": step["name"], "title": step["title"]}


# -- what SQL looks at ----------------------------------------------------------------------------------


@cache
def _parsed(sql: str) -> tuple[dict, ...]:
    """The statements of a SELECT as DuckDB parses it; none where it is no SELECT."""
    tree = tree_of(sql)
    return () if tree["error"] else tuple(each["node"] for each in tree["statements"])


def _columns_of(sql: str, alias: str, measure: str | None) -> list[str]:
    """Names of the columns in the expression ``alias``: of the outermost SELECT, or of one within it that it takes the column
    from; of a union in that of the measure, where its parts name one."""
    selects = [each for node in _parsed(sql) for each in _selects(node)]
    named = [each for each in selects if measure and _constant(each, "measure") == measure]
    level = named or selects
    while level:
        found = {
            name: None
            for select in level
            for each in select["select_list"]
            if _name(each) == alias
            for name in _columns(each)
        }
        if set(found) - {alias}:
            return [name for name in found if name not in KEYS]
        level = [each for select in level for each in _within(select["from_table"])]
    return []


def _within(table) -> list[dict]:
    """The SELECT nodes of the subqueries that a FROM clause names."""
    if isinstance(table, list):
        return [each for part in table for each in _within(part)]
    if not isinstance(table, dict):
        return []
    if table.get("type") == "SUBQUERY":
        return _selects(table["subquery"]["node"])
    return [each for part in table.values() for each in _within(part)]


def _selects(node: dict) -> list[dict]:
    """The SELECT nodes of a statement, of a union each of its parts."""
    if "select_list" in node:
        return [node]
    parts = node.get("children") or [node[side] for side in ("left", "right") if side in node]
    return [each for part in parts for each in _selects(part)]


def _name(expression: dict) -> str:
    return expression["alias"] or (expression["column_names"][-1] if expression["class"] == "COLUMN_REF" else "")


def _constant(select: dict, name: str):
    """The text that a SELECT gives a column of this name, None where it is no constant."""
    for expression in select["select_list"]:
        if _name(expression) == name and expression["class"] == "CONSTANT":
            return expression["value"].get("value")
    return None


def _columns(node) -> list[str]:
    if isinstance(node, list):
        return [name for each in node for name in _columns(each)]
    if not isinstance(node, dict):
        return []
    if node.get("class") == "COLUMN_REF":
        return [node["column_names"][-1]]
    if node.get("type") in NULL_TESTS:
        return []
    return [name for each in node.values() for name in _columns(each)]


def _comparisons(sql: str) -> list[tuple[str, str, str]]:
    """Column, sign and variable of every comparison of an expression over one column with a variable."""
    found, pending = [], [*_parsed(sql)]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            if node.get("class") == "COMPARISON" and node["type"] in SIGNS and (variable := _variable(node["right"])):
                names = set(_columns(node["left"]))
                found += [(name, SIGNS[node["type"]], variable) for name in names if len(names) == 1]
            pending += node.values()
    return found


def _variable(node: dict) -> str | None:
    if node.get("class") == "FUNCTION" and node["function_name"] == "getvariable":
        return node["children"][0]["value"]["value"]
    return None
