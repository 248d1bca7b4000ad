"""Subgroup files (design §4.6): a YAML of labels, each a predicate over a staged table of microdata."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.catalog import Catalog, strict_yaml
from pipeline.catalog.models import SubgroupFamily
from pipeline.errors import InputError, UsageError
from pipeline.plan.subgroups import tables_of_records
from pipeline.region.predicates import NotAllowed, columns_of
from pipeline.region.problems import told

NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
MOST_BYTES, MOST_LABELS, LONGEST_LABEL = 1_000_000, 200, 120
TOTAL = "All"
# Between the labels of crossed families.
CROSS = " × "


class SubgroupFile(BaseModel):
    """What a subgroup file may say: labels of its own, or ``cross``, families whose labels are combined."""

    model_config = ConfigDict(extra="forbid")
    subgroup_type: str
    source: str | None = None
    variables: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    cross: list[str] = Field(default_factory=list)


def read(path: Path, catalog: Catalog, kept: dict[str, SubgroupFamily]) -> SubgroupFamily:
    """The family of a subgroup file. ``kept`` are those of earlier files, which ``cross`` may name beside the catalog's.

    UsageError for a file that is not what it should be, with every problem; InputError where there is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            "A subgroup file cannot be read", file=path, expected="a YAML file", found=error.strerror or "nothing"
        ) from error
    given = _content(path, content)
    problems = _of_name(given, catalog)
    if given.cross:
        family = _crossed(given, catalog.subgroups | kept, problems)
    else:
        family = SubgroupFamily.model_construct(**given.model_dump(exclude={"cross"}))
    if not problems:
        problems += _of_labels(family, catalog)
    if problems:
        raise _error(path, problems)
    return SubgroupFamily.model_validate(family.model_dump())


def _error(path: Path, problems: list[str]) -> UsageError:
    more = f" And {len(problems) - 5:,} more." if len(problems) > 5 else ""
    return UsageError(f"Subgroup file {path.name}: {' '.join(problems[:5])}{more}")


def _content(path: Path, content: bytes) -> SubgroupFile:
    if len(content) > MOST_BYTES:
        raise _error(path, [f"It has more than {MOST_BYTES:,} bytes."])
    try:
        # Aliases can make a small file grow without end.
        text = content.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise _error(path, ["It uses aliases (*name), which subgroup files may not."])
        found = strict_yaml.load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise _error(path, [f"It is no YAML: {' '.join(str(error).split())[:200]}."]) from error
    try:
        return SubgroupFile.model_validate(found)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc'])) or 'The file'}: {each['msg']}; found {told(each['input'])}."
            for each in error.errors()
        ]
        raise _error(path, problems) from error


def _of_name(given: SubgroupFile, catalog: Catalog) -> list[str]:
    problems = []
    if not NAME.fullmatch(given.subgroup_type):
        problems.append(
            f"subgroup_type {told(given.subgroup_type)} cannot be a name: small letters, digits and '-' only, a letter first."
        )
    taken = {name for metric in catalog.metrics.values() for name in metric.subgroup_types} | {
        "all",
        *catalog.subgroups,
    }
    if given.subgroup_type in taken:
        problems.append(f"subgroup_type {told(given.subgroup_type)} is one of the catalog's; choose another name.")
    if bool(given.labels) == bool(given.cross):
        problems.append("Give either labels or cross.")
    if given.cross and (given.source or given.variables):
        problems.append("source and variables go with labels; those of crossed families are theirs.")
    return problems


def _crossed(given: SubgroupFile, known: dict[str, SubgroupFamily], problems: list[str]) -> SubgroupFamily | None:
    """Every label of one family with every label of the others, first match within each family."""
    unknown = [name for name in given.cross if name not in known]
    problems += [f"cross: {told(name)} is not known; known are {', '.join(sorted(known))}." for name in unknown]
    if len(set(given.cross)) < 2:
        problems.append("cross: expected at least two families.")
    families = [known[name] for name in given.cross if name in known]
    sources = {family.source for family in families}
    if len(sources) > 1:
        told_sources = "; ".join(f"{family.subgroup_type} of {family.source}" for family in families)
        problems.append(f"cross: families of one staged table only can be crossed; found {told_sources}.")
    if problems:
        return None
    labels = {}
    for chosen in itertools.product(*(enumerate(family.labels, start=1) for family in families)):
        conditions = [
            f"(CASE {_cases(family)} ELSE 0 END) = {number}"
            for family, (number, _) in zip(families, chosen, strict=True)
        ]
        labels[CROSS.join(label for _, label in chosen)] = " AND ".join(conditions)
    variables = sorted({name for family in families for name in family.variables})
    return SubgroupFamily(
        subgroup_type=given.subgroup_type, source=families[0].source, variables=variables, labels=labels
    )


def _cases(family: SubgroupFamily) -> str:
    return " ".join(
        f"WHEN {predicate} THEN {number}" for number, predicate in enumerate(family.labels.values(), start=1)
    )


def _of_labels(family: SubgroupFamily, catalog: Catalog) -> list[str]:
    """What is wrong with source, labels and predicates."""
    sources = sorted(
        {table for metric in catalog.metrics.values() if metric.samples for table in tables_of_records(metric)}
    )
    if family.source not in sources:
        return [f"source {told(family.source)} is no staged table of microdata; those are {', '.join(sources)}."]
    columns = dict(catalog.staged(family.source).columns)
    problems, used = [], set()
    if len(family.labels) > MOST_LABELS:
        problems.append(f"It has {len(family.labels):,} labels; at most {MOST_LABELS} are allowed.")
    for label, predicate in list(family.labels.items())[:MOST_LABELS]:
        if label == TOTAL or not label.strip() or len(label) > LONGEST_LABEL or not label.isprintable():
            problems.append(
                f"The label {told(label)} cannot be one: not {TOTAL!r}, not empty, at most {LONGEST_LABEL} characters."
            )
        try:
            used |= columns_of(predicate, columns)
        except NotAllowed as error:
            problems.append(f"{told(label)}: {error}")
    if family.variables and (odd := set(family.variables) ^ used) and not problems:
        problems.append(f"variables and the predicates differ: {', '.join(sorted(odd))}.")
    return problems
