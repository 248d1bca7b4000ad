"""What decides the rows of a step before any file is opened: code, variables, views.

Two editions whose steps have the same definition share the table.
"""

from __future__ import annotations

from functools import cache

from pipeline.catalog import digest
from pipeline.plan import sqlfile
from pipeline.plan.step import Step, View

# What a raw file's entry says for people and for fetching; it does not change what is read.
_PROSE = {"called", "url", "keys", "extract"}


def statements(step: Step) -> tuple[sqlfile.Statement, ...]:
    """The step's own statements."""
    return tuple(sqlfile.read(path).statement for path in step.sql)


@cache
def macros(step: Step) -> list[sqlfile.Macro]:
    """The macros that the step calls, directly or through others."""
    return sqlfile.macros_called((*statements(step), *_expressions(step)))


def variables(step: Step) -> dict:
    """The variables that the step's statements and macros read, with their values (NULL where none is set)."""
    read = [*statements(step), *(macro.statement for macro in macros(step))]
    return {name: step.variables.get(name) for name in sorted({name for each in read for name in each.variables})}


def functions(step: Step) -> set[str]:
    """Names of all functions that the step calls, its macros' included."""
    called = [*statements(step), *(macro.statement for macro in macros(step)), *_expressions(step)]
    return {name for each in called for name in each.functions}


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
        step.columns,
    )


def _expressions(step: Step) -> list[sqlfile.Statement]:
    return [sqlfile.parse(f"SELECT {sql}") for view in step.views for _, sql in view.expression]


def _view(view: View) -> list:
    return [
        view.name,
        [(step.address, constants) for step, constants in view.parts],
        _raw_file(view.raw.model_dump_json(exclude=_PROSE, exclude_defaults=True)) if view.raw else None,
        view.landed,
        view.columns,
        view.literal_rows,
        view.expression,
        *view.only,
    ]


@cache
def _raw_file(entry: str) -> str:
    return digest(entry)
