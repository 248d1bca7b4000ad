"""Rooms with one owner each: imports run one way, and only assets/ and the command line know Dagster."""

import ast
from pathlib import Path

import pytest

from pipeline import catalog
from pipeline.settings import PROJECT

# From the ground up: a room imports from rooms before it (and from itself).
FLOORS = [
    {"errors", "quoting", "interrupts", "__init__"},
    {"settings"},
    {"kept"},
    {"catalog"},
    {"store"},
    {"readers"},
    {"plan"},
    {"checks"},
    {"run"},
    {"connectors", "sample"},
    {"publish"},
    {"explain"},
    {"region"},
    {"build"},
    {"api"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules():
    return sorted((PROJECT / "pipeline").rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PROJECT / "pipeline").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names that a module imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_imports_run_one_way(path):
    own = FLOOR[room(path)]
    for name in imported(path):
        if name.startswith("pipeline."):
            part = name.split(".")[1]
            target = part if part in FLOOR else "__init__"
            assert target == room(path) or FLOOR[target] < own, f"{path.name} imports {name}"
        assert not name.startswith("assets") or path == PROJECT / "pipeline/build/runs.py", name
        assert not name.startswith("dagster") or path == PROJECT / "pipeline/build/runs.py", name


def test_modules_of_a_room_do_not_import_each_other_in_a_circle():
    paths = {
        f"pipeline.{'.'.join(path.relative_to(PROJECT / 'pipeline').with_suffix('').parts)}": path for path in modules()
    }
    edges = {
        name: {other for each in imported(path) for other in (each, each.rpartition(".")[0]) if other in paths} - {name}
        for name, path in paths.items()
    }
    done: set[str] = set()

    def visit(name, above):
        assert name not in above, " -> ".join([*above, name])
        if name not in done:
            for other in edges[name]:
                visit(other, [*above, name])
            done.add(name)

    for name in edges:
        visit(name, [])


def test_names_of_metrics_occur_in_yaml_sql_and_tests_only():
    entries = catalog.load()
    words = {*entries.metrics, *(measure for metric in entries.metrics.values() for measure in metric.measures)}
    # An example in a help text or docstring is prose.
    examples = PROJECT / "pipeline/cli/__init__.py"
    for path in [*modules(), *(PROJECT / "assets").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert path == examples or not words & set(texts), path
