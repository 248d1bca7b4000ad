"""Fingerprints: what a table's rows are a function of (data), and what is said about them (metadata).

A change of the data hash rebuilds the table; a change of the metadata hash alone (comments, citations, titles,
checks) rewrites its record.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import duckdb

from pipeline import readers
from pipeline.catalog import digest, shared
from pipeline.kept import kept
from pipeline.plan.definition import definition, functions
from pipeline.plan.step import Step
from pipeline.run import functions as python_functions

# To be raised whenever the session or the writing of Parquet changes what lands in a table.
ENGINE_EPOCH = 1


def code_hash(step: Step) -> str:
    """Hash of all code and rules that decide the step's rows, inputs' content left out."""
    hashes = _module_hashes(tuple(view.raw.reader for view in step.views if view.raw), functions(step))
    return digest(definition(step), hashes, ENGINE_EPOCH, duckdb.__version__)


@cache
def _module_hashes(readers_of: tuple[str, ...], called: frozenset[str]) -> list[str]:
    modules = {path for reader in readers_of for path in readers.modules_of(reader)}
    return [module_hash(path) for path in sorted(modules.union(python_functions.modules(called)))]


def data_hash(step: Step, inputs: list[dict]) -> str:
    """Hash of everything the step's rows are a function of. ``inputs`` as in the record: view, path and sha256."""
    contents = [[each["view"], each["path"], each["sha256"]] for each in inputs]
    return digest(code_hash(step), contents)


def metadata_hash(step: Step, rules: list) -> str:
    """Hash of what the record says besides: SQL texts with their comments, the catalog entry, notes, check rules."""
    return digest(
        [_text(path) for path in step.sql], shared(step.entry), step.notes, step.variables, step.record_counts, rules
    )


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def module_hash(path: Path) -> str:
    """Hash of a Python module's code without comments, docstrings and layout."""
    return kept(_code_hash, path.read_text(encoding="utf-8"))


def _code_hash(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            node.body = body[1:] or [ast.Pass()]
    return digest(ast.dump(tree))
