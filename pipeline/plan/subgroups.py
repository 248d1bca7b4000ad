"""Subgroups of microdata records: one integer per record for all families at once, and what it stands for.

A metric's SQL sums weights per PUMA and ``subgroup_key`` in one pass over the records, then joins the small
table ``subgroup`` (sample, subgroup_key, subgroup_type, subgroup) to get every label of every family. A new
subgroup is a YAML entry: labels with a SQL predicate over the staged table.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from pipeline.catalog import Catalog
from pipeline.catalog.models import Metric, SubgroupFamily
from pipeline.errors import UsageError
from pipeline.plan.step import View


def key_expression(table: str, families: list[SubgroupFamily]) -> str:
    """SQL for the part of ``subgroup_key`` that the columns of staged table ``table`` decide.

    Every family is a digit (0 = no label, n = its n-th label, first match wins) of a number with mixed radix;
    the parts of several tables add up.
    """
    terms, weight = [], 1
    for family in families:
        if family.source == table:
            cases = " ".join(
                f"WHEN {predicate} THEN {number}" for number, predicate in enumerate(family.labels.values(), start=1)
            )
            terms.append(f"{weight} * CASE {cases} ELSE 0 END")
        weight *= len(family.labels) + 1
    return f"({' + '.join(terms) or '0'})::INTEGER"


def view(samples: dict[str, list[str]], own_total: list[str], families: list[SubgroupFamily]):
    """The relation ``subgroup`` of a metric: which labels each key stands for, per microdata sample.

    ``samples`` gives the subgroup types of each sample; families in ``own_total`` have an All of their own.
    """
    rows = []
    digits = [range(len(family.labels) + 1) for family in families]
    for key_digits in itertools.product(*reversed(digits)):
        by_family = dict(zip([family.subgroup_type for family in families], reversed(key_digits), strict=True))
        key = _key(families, by_family)
        for sample, subgroup_types in samples.items():
            for subgroup_type in subgroup_types:
                if subgroup_type == "all" or subgroup_type in own_total:
                    rows.append((sample, key, subgroup_type, "All"))
                number = by_family.get(subgroup_type, 0)
                if number:
                    labels = next(f.labels for f in families if f.subgroup_type == subgroup_type)
                    rows.append((sample, key, subgroup_type, list(labels)[number - 1]))
    columns = (
        ("sample", "VARCHAR"),
        ("subgroup_key", "INTEGER"),
        ("subgroup_type", "VARCHAR"),
        ("subgroup", "VARCHAR"),
    )
    return View("subgroup", columns=columns, literal_rows=tuple(rows))


def _key(families: list[SubgroupFamily], by_family: dict[str, int]) -> int:
    key, weight = 0, 1
    for family in families:
        key += weight * by_family[family.subgroup_type]
        weight *= len(family.labels) + 1
    return key


# -- subgroup files -------------------------------------------------------------------------------------


def tables_of_records(metric: Metric) -> list[str]:
    """The staged tables of microdata that the metric's records come from."""
    declared = [each.table for each in metric.inputs.values() if "{sample}" in str(each.vintage)]
    return [table.removeprefix("staged/") for table in declared]


def has_records(metric: Metric, family: SubgroupFamily) -> bool:
    """Whether the labels of the family can be told from the metric's records."""
    return bool(metric.samples) and family.source in tables_of_records(metric)


def refuse_without_records(slug: str, metric: Metric, family: SubgroupFamily) -> None:
    """Raise UsageError where the family's labels cannot be told from the metric's records."""
    if not has_records(metric, family):
        found = ", ".join(tables_of_records(metric)) if metric.samples else "no survey"
        raise UsageError(
            f"{slug} cannot be divided by {family.subgroup_type}: its labels are told from records of {family.source}, and the "
            f"metric's records are of {found}."
        )


def with_family(catalog: Catalog, family: SubgroupFamily) -> Catalog:
    """The catalog with the labels of a subgroup file in place of those of every metric of microdata.

    They are of the sample that has the metric's own subgroups, with a total of that sample; of the other one in years
    that have only that.
    """
    metrics = {
        slug: _divided(metric, family) if has_records(metric, family) else metric
        for slug, metric in catalog.metrics.items()
    }
    return replace(catalog, metrics=metrics, subgroups={**catalog.subgroups, family.subgroup_type: family})


def _divided(metric: Metric, family: SubgroupFamily) -> Metric:
    name = family.subgroup_type
    detailed = [sample for sample, types in metric.samples.items() if set(types) - {"all"}]
    years = {}
    for year, line in metric.years.items():
        at_hand = line.get("samples", list(metric.samples))
        years[year] = line | {"samples": ([each for each in detailed if each in at_hand] or at_hand)[:1]}
    return metric.model_copy(
        update={
            "samples": dict.fromkeys(metric.samples, [name]),
            "own_total": [name],
            "subgroup_types": [name],
            "subgroups": {},
            "years": years,
        }
    )
