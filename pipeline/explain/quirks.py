"""docs/quirks.md: what was published, what is right and what it changes, from the catalog and two editions of a store.

``python -m pipeline.explain.quirks docs/quirks.md [--compute]``
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import jinja2

from pipeline import catalog as catalogs
from pipeline import settings
from pipeline.catalog.models import Quirk
from pipeline.errors import MissingInput, UsageError
from pipeline.explain import numbers
from pipeline.explain.page import TEMPLATES
from pipeline.plan import sqlfile
from pipeline.plan.definition import variables
from pipeline.plan.plan import own_address
from pipeline.plan.step import RESULT, Step
from pipeline.plan.variables import rules
from pipeline.publish.ranges import ranges
from pipeline.quoting import literal
from pipeline.run.session import quiet, session
from pipeline.run.workspace import Workspace
from pipeline.settings import METHOD, PROVIDER, Settings

# The edition with the right rule for every quirk (design §4.7).
RIGHT = "corrected"
EFFECTS = settings.SQL / "explain" / "edition_effects.sql"
BLOCK = re.compile(r"<!-- figures of (\S+) -->\n(.*?)\n<!-- end of figures -->", re.DOTALL)


def render(blocks: dict[str, str]) -> str:
    """The document with the given figures: Markdown by metric, or by metric and quirk (``metric/quirk``)."""
    base = catalogs.load(METHOD)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["ranges"] = ranges
    text = environment.get_template("quirks.md").render(
        blocks=blocks,
        metrics=base.metrics,
        geography=base.geography,
        corrected=catalogs.load(RIGHT),
        further=_further(base),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def blocks_of(document: str) -> dict[str, str]:
    """The figures that a document has."""
    return dict(BLOCK.findall(document))


def _further(base: catalogs.Catalog) -> dict[str, dict[str, dict]]:
    """Edition -> entry -> quirks that this edition has and the default one has not, or has in other words."""
    found: dict[str, dict[str, dict]] = {}
    for edition in catalogs.editions.known():
        own = catalogs.load(edition)
        for prefix, entries, known in (("", own.metrics, base.metrics), ("geography/", own.geography, base.geography)):
            for name, entry in entries.items():
                before = {id: _prose(quirk) for id, quirk in known[name].quirks.items()} if name in known else {}
                if new := {id: quirk for id, quirk in entry.quirks.items() if before.get(id) != _prose(quirk)}:
                    found.setdefault(edition, {})[prefix + name] = new
    return found


def _prose(quirk: Quirk) -> tuple:
    return quirk.title, quirk.published, quirk.right, quirk.cells


# -- figures --------------------------------------------------------------------------------------------


def compute(workspace: Workspace, on_metric=lambda slug: None) -> dict[str, str]:
    """The figures of every metric whose tables are built in both editions. UsageError where a table is synthetic."""
    found = {}
    for slug, metric in workspace.plan.catalog.metrics.items():
        on_metric(slug)
        pairs = _pairs(workspace, slug)
        if not pairs:
            continue
        with quiet(duckdb.connect()) as con:
            effects = _effects(con, [one for one, _ in pairs.values()], [other for _, other in pairs.values()])
        found[slug] = _table(effects)
        right = rules(catalogs.load(RIGHT).metrics[slug].quirks)
        for name, quirk in metric.quirks.items():
            variable = f"rule_{name.replace('-', '_')}"
            if right.get(variable, quirk.rule) == quirk.rule:
                continue
            if text := _alone(workspace, slug, pairs, variable, right[variable]):
                found[f"{slug}/{name}"] = text
    return found


def _pairs(workspace: Workspace, slug: str) -> dict[tuple[int, str], tuple[Path, Path]]:
    """Year and geography -> the tables of both editions, where the store has both."""
    store, found = workspace.store, {}
    for _, year, geography in workspace.plan.metric_cells([slug]):
        address = f"metrics/{slug}/{geography}/{year}.parquet"
        both = (address, own_address(RIGHT, PROVIDER, address))
        records = [workspace.record(each) for each in both]
        if not all(records):
            continue
        if any(each["synthetic"] for each in records):
            raise UsageError(f"{address} is of the synthetic sample; figures are of real raw files only.")
        found[year, geography] = tuple(store.local(each) for each in both)
    return found


def _effects(con, published: list[Path], right: list[Path]) -> list[dict]:
    """The rows of sql/explain/edition_effects.sql for these tables."""
    for name, paths in (("published_rows", published), ("right_rows", right)):
        listed = ", ".join(map(literal, paths))
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM read_parquet([{listed}], hive_partitioning = false)")
    result = con.execute(sqlfile.read(EFFECTS).text)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _alone(workspace: Workspace, slug: str, pairs: dict, variable: str, value) -> str | None:
    """What the one rule changes, from the metric's own steps with the other value; None where they do not read it."""
    published, right = [], []
    with workspace.store.scratch() as scratch:
        for (year, geography), (table, _) in pairs.items():
            try:
                step = workspace.plan.metric(slug, year, geography)
            except MissingInput:
                continue
            if variable not in variables(step):
                continue
            made = scratch / f"{geography}-{year}.parquet"
            _make_with(workspace, step, {variable: value}, made)
            published.append(table)
            right.append(made)
        if not published:
            return None
        with quiet(duckdb.connect()) as con:
            return f"Alone:\n\n{_table(_effects(con, published, right))}"


def _make_with(workspace: Workspace, step: Step, changed: dict, path: Path) -> None:
    with session(replace(step, variables=step.variables | changed), workspace) as opened:
        opened.con.execute(f"COPY (FROM {RESULT}) TO {literal(path)} (FORMAT parquet)")


def _table(effects: list[dict]) -> str:
    """The effects as a Markdown table; measures that nothing changes in a line."""
    changed = [each for each in effects if each["values_changed"] or each["bounds_changed"] or each["flags_changed"]]
    same = [f"{each['measure']} ({each['geography']})" for each in effects if each not in changed]
    lines = []
    if changed:
        lines = [
            "| geography | measure | years | cells | values that differ | come | go | bounds | flags | largest change |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
    for each in changed:
        counts = [
            each[name]
            for name in ("cells", "values_changed", "values_gained", "values_lost", "bounds_changed", "flags_changed")
        ]
        row = [
            each["geography"],
            each["measure"],
            ranges(each["years"]),
            *(f"{count:,}" for count in counts),
            _example(each["example"]),
        ]
        lines.append(f"| {' | '.join(row)} |")
    if same:
        lines += ([""] if lines else []) + [f"No difference in the tables at hand: {', '.join(same)}."]
    return "\n".join(lines)


def _example(example: dict | None) -> str:
    if not example:
        return "none"
    label = "" if example["subgroup_type"] == "all" else f", {example['subgroup']}"
    before, after = (
        numbers.text(_seven(example[name])) if example[name] is not None else "NULL" for name in ("published", "right")
    )
    return f"{example['geoid']} in {example['year']}{label}: {before} → {after}"


def _seven(value: float) -> float:
    return float(f"{value:.7g}")


def main() -> None:
    """Write the document; see its head."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.explain.quirks")
    parser.add_argument("document", type=Path)
    parser.add_argument(
        "--compute", action="store_true", help="Compute the figures from MOBILITY_RAW and MOBILITY_STORE."
    )
    chosen = parser.parse_args()
    if chosen.compute:
        blocks = compute(Workspace.of(Settings.of()), print)
    else:
        blocks = blocks_of(chosen.document.read_text(encoding="utf-8")) if chosen.document.exists() else {}
    chosen.document.write_text(render(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
