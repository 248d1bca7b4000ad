"""What decides the rows of a step before any file is opened: code, variables, views.

Two editions whose steps have the same definition share the table.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pipeline.catalog import digest, shared
from pipeline.plan import sqlfile
from pipeline.plan.step import Step, View


def statements(step: Step) -> tuple[sqlfile.Statement, ...]:
    """The step's own statements."""
    return _statements(step.sql)


def macros(step: Step) -> list[sqlfile.Macro]:
    """The macros that the step calls, directly or through others."""
    return _macros(step.sql, _expressions(step))


def variables(step: Step) -> dict:
    """The variables that the step's statements and macros read, with their values (NULL where none is set)."""
    return {name: step.variables.get(name) for name in _variables(step.sql, _expressions(step))}


def functions(step: Step) -> frozenset[str]:
    """Names of all functions that the step calls, its macros' included."""
    return _functions(step.sql, _expressions(step))


@cache
def definition(step: Step) -> str:
    """Hash of all that decides the step's rows but the content of its inputs."""
    if step.shared_with:
        return digest("shared", step.shared_with.address)
    return digest(
        [each.tree for each in statements(step)],
        [macro.definition for macro in macros(step)],
        variables(step),
        [_view(view) for view in step.views],
        step.unique,
        shared(step.columns),
    )


# Many steps have the same SQL: what it needs is looked up once.
@cache
def _macros(paths: tuple[Path, ...], expressions: tuple[str, ...]) -> list[sqlfile.Macro]:
    return sqlfile.macros_called((*_statements(paths), *map(_expression, expressions)))


@cache
def _variables(paths: tuple[Path, ...], expressions: tuple[str, ...]) -> list[str]:
    read = [*_statements(paths), *(macro.statement for macro in _macros(paths, expressions))]
    return sorted({name for each in read for name in each.variables})


@cache
def _functions(paths: tuple[Path, ...], expressions: tuple[str, ...]) -> frozenset[str]:
    called = [*_statements(paths), *(macro.statement for macro in _macros(paths, expressions))]
    return frozenset(name for each in (*called, *map(_expression, expressions)) for name in each.functions)


def _statements(paths: tuple[Path, ...]) -> tuple[sqlfile.Statement, ...]:
    return tuple(sqlfile.read(path).statement for path in paths)


def _expressions(step: Step) -> tuple[str, ...]:
    return tuple(sql for view in step.views for _, sql in view.expression)


def _expression(sql: str) -> sqlfile.Statement:
    return sqlfile.parse(f"SELECT {sql}")


def _view(view: View) -> list:
    return [
        view.name,
        [(step.address, constants) for step, constants in view.parts],
        digest(view.raw.reading) if view.raw else None,
        view.landed,
        view.columns,
        view.literal_rows,
        view.expression,
        *view.only,
    ]
