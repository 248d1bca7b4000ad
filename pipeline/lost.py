"""Raw files that were landed and are gone: a table that needs them is not built again without them."""

from __future__ import annotations

from pipeline.catalog.models import Form, fill
from pipeline.errors import MissingInput
from pipeline.plan import Plan


def lost_files(plan: Plan, slug: str, year: int, geography: str) -> list[str]:
    """Raw files of the metric and year that the manifest knows and that are no longer there."""
    metric = plan.catalog.metric(slug)
    lost: list[str] = []
    for name, declared in metric.inputs.items():
        table = declared.table[geography] if isinstance(declared.table, dict) else declared.table
        chosen = metric.years[year].get(name, declared.vintage)
        samples = metric.years[year].get("samples", list(metric.samples))
        lost += [] if declared.optional else _of_table(plan, table, chosen, str(year), samples)
    return sorted(set(lost))


def _of_table(plan: Plan, table: str, chosen, year: str, samples: list[str]) -> list[str]:
    layer, table = table.split("/")
    if layer == "geography":
        inputs = plan.catalog.geography[table].inputs.values()
        return [path for each in inputs for path in _of_table(plan, each.table, each.vintage, year, samples)]
    entry = plan.catalog.staged(table)
    templates = chosen if isinstance(chosen, list) else [chosen or year]
    vintages = {
        str(each).replace("{year}", year).replace("{sample}", sample)
        for each in templates
        for sample in samples or [""]
    }
    return [
        path
        for vintage in vintages & entry.vintages.keys()
        for form in _forms_in_use(plan, table, vintage)
        for raw in form.files.values()
        for suffix in ("", ".gz")
        for path in plan.landing.known(fill(raw.path, vintage, entry.vintages[vintage]) + suffix)
        if not plan.landing.locate(path).exists()
    ]


def _forms_in_use(plan: Plan, table: str, vintage: str) -> list[Form]:
    """The form that is landed, or every form of the vintage and provider where none is."""
    forms = plan.catalog.staged(table).forms
    try:
        return [forms[plan.staged(table, vintage)[0].entry["form"]]]
    except MissingInput:
        return [
            form
            for form in forms.values()
            if (not form.vintages or vintage in form.vintages) and form.provider in (None, plan.settings.provider)
        ]
