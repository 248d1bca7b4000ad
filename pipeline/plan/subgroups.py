"""Subgroups of microdata records: one integer per record for all families at once, and what it stands for.

A metric's SQL sums weights per PUMA and ``subgroup_key`` in one pass over the records, then joins the small
table ``subgroup`` (sample, subgroup_key, subgroup_type, subgroup) to get every label of every family. A new
subgroup is a YAML entry: labels with a SQL predicate over the staged table.
"""

from __future__ import annotations

import itertools

from pipeline.catalog.models import SubgroupFamily
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
