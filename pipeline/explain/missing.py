"""Which inputs are not there: for a table that was never built, and for a value that has none."""

from __future__ import annotations

import duckdb

from pipeline.catalog import editions
from pipeline.catalog.models import Input, fill
from pipeline.errors import InputError, LostInput, MissingInput
from pipeline.plan import providers
from pipeline.plan.plan import Plan
from pipeline.plan.step import Step
from pipeline.quoting import literal
from pipeline.run.session import quiet
from pipeline.run.workspace import Workspace

STATE_COLUMNS = ("statefip", "state")


def not_built(workspace: Workspace, slug: str, year: int, geography: str) -> InputError:
    """The error for a table that was never built: which inputs are not landed, and what to run."""
    if editions.is_imported(workspace.settings.method):
        return InputError(
            f"{slug} {year} for {geography} is not among the imported tables",
            file=f"{workspace.store.location}/{workspace.plan.metric_address(slug, year, geography)}",
            expected="a table that was read from published files",
            found="nothing",
            advice="Run: mobility import-published DIR",
        )
    chosen = providers.options(workspace.settings.method, workspace.settings.provider)
    build = f"mobility build --metric {slug} --year {year}{chosen}"
    lacking, lost = _lacking(workspace.plan, slug, year, geography)
    label = f"{slug} {year} for {geography} has not been built"
    if lost:
        label += ", and raw files that were landed are gone"
    elif lacking:
        label += ", because its input is not landed"
    if not lacking:
        return InputError(
            label,
            file=workspace.plan.metric_address(slug, year, geography),
            expected=", ".join(lost) or "the built table",
            found="nothing",
            advice=f"Put them back, then run: {build}" if lost else f"Run: {build}",
        )
    fetch = "; ".join(dict.fromkeys(each["run"] for each in lacking))
    return InputError(
        label,
        file=workspace.landing.raw,
        expected="; ".join(f"{each['source']}: {each['files']}" for each in lacking),
        found="nothing",
        advice=f"Run: {fetch}; then: {build}",
    )


def of_value(workspace: Workspace, step: Step, year: int, geography: str, state: str, samples: list[str]) -> list[dict]:
    """Inputs that a value without input lacks: those with no file at all, and those without rows of its state.

    ``samples`` are the microdata samples of its subgroup (empty: all).
    """
    plan = workspace.plan
    views = {
        view.name: view for each in [*step.upstream, step] for view in each.views if each.layer in ("sums", "metric")
    }
    found = []
    for name, table, vintage, sample in _inputs(plan, step.name, year, geography, required=False):
        # Geography is there where the table is; what lies behind it is no view of the metric.
        if "/" in name or (sample and samples and sample not in samples):
            continue
        columns = plan.catalog.staged(table).columns
        column = next((each for each in STATE_COLUMNS if each in columns), None)
        parts = (
            [each for each, _ in views[name].parts if (each.name, each.partition) == (table, vintage)]
            if name in views
            else []
        )
        if not parts:
            found.append(described(plan, table, vintage))
        elif column and not _has_rows(workspace, parts, column, state):
            found.append(described(plan, table, vintage, state))
    return found


def described(plan: Plan, table: str, vintage: str, state: str | None = None) -> dict:
    """An input in words: source@vintage, which files, for which state, and what to run."""
    entry, source = plan.catalog.staged(table), plan.catalog.source_of_table[table]
    paths = [
        fill(raw.called, vintage, form.variables | entry.vintages.get(vintage, {}))
        for form in entry.forms.values()
        if (not form.vintages or vintage in form.vintages) and form.provider in (None, *plan.mix.providers)
        for raw in form.files.values()
        if not raw.optional
    ]
    return {
        "source": f"{source}@{vintage}",
        "table": f"staged/{table}",
        "title": entry.title,
        "state": state,
        "files": " or ".join(dict.fromkeys(paths)),
        "by_hand": plan.catalog.sources[source].by_hand,
        "run": f"mobility fetch {source}@{vintage}",
    }


def _inputs(plan: Plan, slug: str, year: int, geography: str, required: bool):
    """View, staged table, vintage and sample of every staged input of a metric, those behind geography tables included;
    where ``required``, without those that it does without."""
    metric = plan.catalog.metric(slug)
    line = metric.years[year]
    samples = [each for each in metric.samples if each in line.get("samples", metric.samples)]
    chosen = {name for group in metric.one_of for name in group}
    for name, declared in metric.inputs.items():
        if required and declared.optional and name not in chosen:
            continue
        yield from _of_input(plan, name, declared, str(year), geography, line.get(name), samples)


def _of_input(plan: Plan, name: str, declared: Input, partition: str, geography: str, chosen, samples):
    table = declared.table.get(geography) if isinstance(declared.table, dict) else declared.table
    if table is None:
        return
    layer, table = table.split("/")
    if layer == "geography":
        for inner, entry in plan.catalog.geography[table].inputs.items():
            yield from _of_input(plan, f"{name}/{inner}", entry, partition, geography, None, [])
        return
    vintage = chosen or declared.vintage or partition
    for each in vintage if isinstance(vintage, list) else [vintage]:
        filled = str(each).replace("{year}", partition)
        for sample in samples if "{sample}" in filled else [None]:
            yield name, table, filled.replace("{sample}", sample or ""), sample


def _lacking(plan: Plan, slug: str, year: int, geography: str) -> tuple[list[dict], list[str]]:
    """Inputs that were never landed, and raw files that were and are gone."""
    lacking, lost = {}, []
    for _, table, vintage, _ in _inputs(plan, slug, year, geography, required=True):
        try:
            plan.staged(table, vintage)
        except LostInput as error:
            lost += error.paths
        except MissingInput:
            lacking[table, vintage] = described(plan, table, vintage)
    try:
        plan.metric(slug, year, geography)
        return [], lost
    except LostInput:
        return [], lost
    except MissingInput:
        return list(lacking.values()), lost


def _has_rows(workspace: Workspace, parts: list[Step], column: str, state: str) -> bool:
    paths = [workspace.store.local(each.address) for each in parts if workspace.record(each.address)]
    if not paths:
        return False
    with quiet(duckdb.connect()) as con:
        listed = ", ".join(map(literal, paths))
        query = f"SELECT 1 FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false) WHERE {column} = {literal(state)} LIMIT 1"
        return con.execute(query).fetchone() is not None
