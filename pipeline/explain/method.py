"""A metric's method in words and SQL, from the files that compute it: its catalog entry, its SQL, what editions change."""

from __future__ import annotations

import textwrap

from pipeline import settings
from pipeline.catalog import Catalog, editions
from pipeline.catalog.models import Input, Metric
from pipeline.explain import numbers
from pipeline.plan import metric_files, sqlfile
from pipeline.plan.variables import NOT_VARIABLES, rules
from pipeline.publish.ranges import ranges

# Fields of a table's entry that are told in words of their own.
TOLD_ELSEWHERE = ("quirks", "verified")
WIDTH = 110


def method(catalog: Catalog, slug: str, edition: str) -> dict:
    """The method of a metric as JSON-able values, its SQL included. UsageError for an unknown metric.

    ``{"metric", "edition", "title", …, "sources", "files": [{"path", "title", "role", "steps": [{"name", "title", "sql"}],
    "final"}], "variables", "macros", "editions", "quirks", "verified"}``.
    """
    metric = catalog.metric(slug)
    files = [each for role, paths in _files(catalog, slug, metric).items() for each in _described(role, paths)]
    called = sqlfile.macros_called(tuple(sqlfile.read(settings.SQL.parent / each["path"]).statement for each in files))
    return {
        "metric": slug,
        "edition": edition,
        **{
            name: getattr(metric, name) for name in ("title", "predictor", "pillar", "direction", "universe", "formula")
        },
        "measures": {
            name: {"title": each.title, "unit": each.unit, "interval": each.interval, "range": each.range}
            for name, each in metric.measures.items()
        },
        "years": {
            geography: [year for year in metric.years if geography in metric.geographies_of(year)]
            for geography in metric.geographies
        },
        "subgroups": {
            kind: metric.subgroups.get(kind) or list(catalog.subgroups[kind].labels)
            for kind in metric.subgroup_types
            if kind in metric.subgroups or kind in catalog.subgroups
        },
        "samples": metric.samples,
        "sources": [
            {
                name: getattr(catalog.sources[source], name)
                for name in ("title", "agency", "homepage", "licence", "citation")
            }
            | {"source": source}
            for source in metric.sources
        ],
        "inputs": {name: _input(each) for name, each in metric.inputs.items()},
        "files": files,
        "variables": _variables(catalog, slug, metric),
        "macros": [
            {"name": each.name, "path": f"sql/macros/{each.path.name}", "definition": each.definition}
            for each in called
        ],
        "quality": metric.quality,
        "suppression": metric.suppression,
        "combine": metric.combine.words,
        "breaks": metric.breaks,
        "editions": _editions(slug),
        "quirks": {
            of: {name: each.model_dump(exclude_defaults=True) for name, each in found.items()}
            for of, found in quirks_of(catalog, slug).items()
        },
        "verified": {
            geography: {
                kind: [
                    year
                    for year in metric.years
                    if geography in metric.geographies_of(year) and metric.verification(geography, year) == kind
                ]
                for kind in ("published", "partial", "rules", "synthetic")
            }
            for geography in metric.geographies
        },
        "citation": metric.citation,
    }


def quirks_of(catalog: Catalog, slug: str) -> dict[str, dict]:
    """The quirks of a metric and of the geography tables that it reads, by the entry that has them."""
    declared = {slug: catalog.metric(slug).quirks}
    declared |= {
        f"geography/{name}": catalog.geography[name].quirks for name in _geography(catalog, catalog.metric(slug).inputs)
    }
    return {of: found for of, found in declared.items() if found}


# -- files ----------------------------------------------------------------------------------------------


def _files(catalog: Catalog, slug: str, metric: Metric) -> dict[str, list]:
    """The SQL files of a metric by what they do, in the order in which they are run; each once."""
    geography = _geography(catalog, metric.inputs)
    entries = [metric.inputs, *(catalog.geography[name].inputs for name in geography)]
    staged = dict.fromkeys(name for inputs in entries for name in _tables(inputs, "staged"))
    sums = metric_files.sums_queries(slug, metric) if metric_files.has_sums(slug, metric) else ()
    return {
        "from raw files": [
            settings.SQL / "staged" / form.sql for name in staged for form in catalog.staged(name).forms.values()
        ],
        "areas": [settings.SQL / "geography" / (catalog.geography[name].sql or f"{name}.sql") for name in geography],
        "the metric": [path for _, path in (*sums, *metric_files.metric_queries(slug, metric))],
    }


def _described(role: str, paths: list) -> list[dict]:
    found = []
    for path in dict.fromkeys(paths):
        query = sqlfile.read(path)
        steps = [{"name": each.name, "title": each.title, "sql": each.sql} for each in query.steps]
        steps.append({"name": "result", "title": query.final_title or "Result", "sql": query.final})
        found.append({"path": query.relative, "role": role, "title": query.title, "steps": steps})
    return found


def _tables(inputs: dict[str, Input], layer: str) -> list[str]:
    named = [each.table.values() if isinstance(each.table, dict) else [each.table] for each in inputs.values()]
    return [table.partition("/")[2] for tables in named for table in tables if table.startswith(f"{layer}/")]


def _geography(catalog: Catalog, inputs: dict[str, Input]) -> list[str]:
    """The geography tables behind the inputs, what is read before what reads it."""
    found: list[str] = []
    for name in _tables(inputs, "geography"):
        found += [each for each in [*_geography(catalog, catalog.geography[name].inputs), name] if each not in found]
    return found


def _input(declared: Input) -> dict:
    return declared.model_dump(exclude_defaults=True)


# -- variables and editions -----------------------------------------------------------------------------


def _variables(catalog: Catalog, slug: str, metric: Metric) -> list[dict]:
    """What the SQL is told beside its tables: parameters, constants of a year, and the rules of quirks."""
    found = [
        {"name": name, "value": value, "years": None, "meaning": None} for name, value in metric.parameters.items()
    ]
    by_value: dict[tuple, list[int]] = {}
    for year, line in metric.years.items():
        for name, value in line.items():
            if name not in NOT_VARIABLES:
                by_value.setdefault((name, str(value)), []).append(year)
    found += [
        {
            "name": name,
            "value": value,
            "years": years,
            "meaning": f"vintage of {name}" if name in metric.inputs else None,
        }
        for (name, value), years in by_value.items()
    ]
    for declared in quirks_of(catalog, slug).values():
        titles = {f"rule_{name.replace('-', '_')}": each.title for name, each in declared.items()}
        found += [
            {"name": name, "value": value, "years": None, "meaning": titles[name]}
            for name, value in rules(declared).items()
        ]
    return found


def _editions(slug: str) -> dict[str, list[dict]]:
    """What each edition changes in the metric's entry: ``[{"field", "from", "to"}]`` by edition, the quirks' rules aside."""
    found = {}
    for edition in editions.known():
        path = metric_files.FOLDER / f"{slug}.{edition}.yml"
        if path.exists():
            base = editions.entry(metric_files.FOLDER, slug, settings.METHOD)
            changed = _changed(base, editions.read(path) or {})
            found[edition] = [each for each in changed if each["field"].partition(".")[0] not in TOLD_ELSEWHERE]
    return found


def _changed(base, differences: dict, prefix: str = "") -> list[dict]:
    found = []
    for key, value in differences.items():
        before = base.get(key) if isinstance(base, dict) else None
        if isinstance(value, dict) and isinstance(before, dict):
            found += _changed(before, value, f"{prefix}{key}.")
        elif value != before:
            found.append({"field": f"{prefix}{key}", "from": before, "to": value})
    return found


# -- in words -------------------------------------------------------------------------------------------


def text(answer: dict, sql: bool = False) -> str:
    """The method for people; with its SQL where ``sql`` is set."""
    lines = [answer["title"], "=" * len(answer["title"])]
    lines += _line(
        f"{answer['metric']}, edition {answer['edition']}; predictor {answer['predictor']}, pillar {answer['pillar']}; {answer['direction']}."
    )
    lines += ["", "What it is"]
    lines += _line(f"Universe: {answer['universe']}", 2)
    lines += _line(f"Formula: {answer['formula']}", 2)
    for name, each in answer["measures"].items():
        bounds = "; from {} to {}".format(*map(numbers.text, each["range"])) if each["range"] else ""
        lines += _line(f"{name}: {each['title']}, in {each['unit']}{bounds}", 2)
    lines += _line(
        "Areas: " + "; ".join(f"{geography} {ranges(years)}" for geography, years in answer["years"].items() if years),
        2,
    )
    lines += [
        part for kind, labels in answer["subgroups"].items() for part in _line(f"By {kind}: {'; '.join(labels)}", 2)
    ]
    lines += [
        part for name, kinds in answer["samples"].items() for part in _line(f"Sample {name}: {', '.join(kinds)}", 2)
    ]
    lines += ["", "Sources"]
    for each in answer["sources"]:
        lines += _line(
            f"{each['source']}: {each['citation']} Licence: {each['licence'].rstrip('.')}. {each['homepage']}", 2
        )
    lines += ["", "How it is computed"]
    lines += _computed(answer["files"], sql)
    if sql and answer["macros"]:
        lines += ["", "Macros that the SQL calls"]
        lines += [f"  {each['path']}: {' '.join(each['definition'].split())}" for each in answer["macros"]]
    if answer["variables"]:
        lines += ["", "Constants and variables"]
        for each in answer["variables"]:
            years = f" ({ranges(each['years'])})" if each["years"] else ""
            meaning = f": {each['meaning']}" if each["meaning"] else ""
            lines += _line(f"{each['name']} = {_of(each['value'])}{years}{meaning}", 2)
    lines += ["", "How sure it is"]
    lines += _line(f"Quality: {answer['quality']}", 2)
    lines += _line(f"Suppression: {answer['suppression']}", 2)
    lines += _line(f"Interval: {_interval(answer['measures'])}", 2)
    lines += _line(f"Other areas: {answer['combine']}", 2)
    lines += [part for each in answer["breaks"] for part in _line(f"Break in the series: {each}", 2)]
    lines += ["", "Editions"]
    for edition, changed in answer["editions"].items():
        lines.append(f"  {edition}" + ("" if changed else ": the rules of quirks only"))
        for each in changed:
            lines += _line(f"{each['field']} {_change(each['from'], each['to'])}", 4)
    if not answer["editions"]:
        lines.append("  The same in every edition, but for what its tables differ in.")
    lines += _quirks(answer["quirks"])
    lines += ["", "Compared with published values"]
    for geography, kinds in answer["verified"].items():
        told = "; ".join(f"{kind} {ranges(years)}" for kind, years in kinds.items() if years)
        lines += _line(f"{geography}: {told}", 2)
    lines += _line(f"Cite: {answer['citation']}", 0)
    return "\n".join(lines)


def _computed(files: list[dict], sql: bool) -> list[str]:
    lines, role = [], None
    for number, each in enumerate(files, start=1):
        if each["role"] != role:
            role = each["role"]
            lines.append(f"  {role}")
        lines += _line(f"{number}. {each['path']}: {each['title']}", 4)
        for step in each["steps"]:
            # A file of one statement has said it all in its title.
            if step["title"] == "Result" and not sql:
                continue
            lines += _line(f"- {step['title'] or step['name']} [{step['name']}]", 7)
            lines += [f"         {line}".rstrip() for line in numbers.aligned(step["sql"]).splitlines()] if sql else []
    return lines


def _quirks(found: dict[str, dict]) -> list[str]:
    lines = ["", "Quirks of the published method"]
    for of, quirks in found.items():
        for name, each in quirks.items():
            lines += _line(f"{name} ({of}): {each['title']}.", 2)
            for label, field in (
                ("published", "published"),
                ("right", "right"),
                ("touches", "cells"),
                ("not corrected", "not_corrected"),
            ):
                lines += _line(f"{label}: {each[field]}", 4) if field in each else []
    return lines if found else []


def _interval(measures: dict) -> str:
    told = {name: each["interval"] for name, each in measures.items() if each["interval"]}
    if not told:
        return "none"
    kinds = {"confidence": "95 % confidence interval", "suppression bounds": "bounds from suppressed counts"}
    return "; ".join(f"{name}: {kinds[kind]}" for name, kind in told.items())


def _change(before, after) -> str:
    if before is None:
        return f"is new: {_of(after)}"
    return f"is left out (was {_of(before)})" if after is None else f"was {_of(before)}, is {_of(after)}"


def _of(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_of(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_of, value))
    return numbers.text(value)


def _line(content: str, indent: int = 0) -> list[str]:
    return textwrap.wrap(
        content,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
