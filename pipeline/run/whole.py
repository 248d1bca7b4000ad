"""Whether the raw files of a staged table are whole, and whether a table is no poorer than the last good one.

What lacks something is refused, and the last good table stays, unless its source is accepted as partial by name
(``mobility build --accept-partial``; the manifest of the raw files keeps that, the record of every table built on it
tells it).
"""

from __future__ import annotations

import itertools
from pathlib import Path

from pipeline import checks
from pipeline.catalog.models import Whole
from pipeline.errors import PartialInput
from pipeline.plan import sqlfile
from pipeline.plan.step import Step
from pipeline.quoting import quote
from pipeline.run import record
from pipeline.run.session import Session
from pipeline.run.workspace import Workspace

# A staged table that keeps less than this share of the last good one's rows lost something.
LEAST_KEPT = 0.5


def accept(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Accept the raw files of sources, given as SOURCE or SOURCE@VINTAGE, as they lie there now; files of theirs that
    were landed and are gone are given up. UsageError for an unknown name."""
    entries = workspace.plan.catalog
    for name in names:
        for table, vintages in entries.choices(name).items():
            entry = entries.staged(table)
            for vintage, form in itertools.product(vintages, entry.forms.values()):
                for raw in form.files.values():
                    for pattern in raw.patterns(vintage, form.variables | entry.vintages[vintage]):
                        workspace.landing.accept_partial(pattern)
    workspace.landing.save()


def refuse_partial(opened: Session, relation: str, before: dict | None) -> list[str]:
    """What the table lacks although it is accepted. Raises PartialInput where raw files lack something that is not."""
    step, workspace = opened.step, opened.workspace
    told = [text for each in step.upstream for text in (workspace.record(each.address) or {}).get("accepted", [])]
    told += [f"{path} was landed and is gone" for view in step.views for path in view.given_up]
    if step.layer == "staged":
        lacking = [*_not_whole(opened, relation), *_of_another_vintage(opened), *_shrunk(opened, relation, before)]
        if lacking and not is_accepted(step, workspace):
            raise lacking[0]
        told += [error.told for error in lacking]
    return sorted(set(told))


def is_accepted(step: Step, workspace: Workspace) -> bool:
    """Whether all raw files of a staged table (those that come with the project are whole), or any behind another table,
    are accepted as they are."""
    landing = workspace.landing
    if step.layer == "staged":
        landed = [path for view in step.views for path in view.landed if not landing.is_bundled(path)]
        return all(landing.take_in(path).get("accepted_partial") for path in landed)
    behind = record.raw_files(step, workspace)
    accepted = any((workspace.record(each.address) or {}).get("accepted") for each in step.upstream)
    return accepted or any(landing.take_in(path).get("accepted_partial") for path in behind)


def _error(opened: Session, what: str, expected: str, found: str) -> PartialInput:
    step, workspace = opened.step, opened.workspace
    landed = [workspace.landing.locate(path) for view in step.views for path in view.landed]
    source = f"{workspace.plan.catalog.source_of_table[step.name]}@{step.partition}"
    return PartialInput(step.label, what, file=landed[0], expected=expected, found=found, source=source)


def _not_whole(opened: Session, relation: str):
    """What the form's rules find lacking; the synthetic sample has a few areas only and is let off."""
    step, con = opened.step, opened.con
    if not step.whole or record.is_synthetic(step, opened.workspace):
        return
    con.execute(f"CREATE OR REPLACE TEMP VIEW staged_table AS FROM {relation}")
    known = {"staged_table"}
    for view in step.compared_with:
        if all(record.is_current(each, opened.workspace) for each, _ in view.parts):
            con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(view.name)} AS {opened.union(view)}")
            known.add(view.name)
    for name, rule in step.whole:
        query = f"SELECT {rule.by or 'NULL'} AS part, {rule.sql} AS found FROM staged_table"
        query += " GROUP BY 1 ORDER BY 1" if rule.by else ""
        if sqlfile.parse(query).reads <= known:
            for part, found in con.execute(query).fetchall():
                if _breaks(rule, found):
                    where = f" ({part})" if rule.by else ""
                    yield _error(opened, "A raw file is not whole", f"{name}: {_bounds(rule)}", f"{found:,.6g}{where}")


def _breaks(rule: Whole, found) -> bool:
    low, high = rule.at_least, rule.at_most
    return found is not None and ((low is not None and found < low) or (high is not None and found > high))


def _bounds(rule: Whole) -> str:
    bounds = {"at least": rule.at_least, "at most": rule.at_most}
    return ", ".join(f"{word} {bound:,.6g}" for word, bound in bounds.items() if bound is not None)


def _of_another_vintage(opened: Session):
    """Raw files whose content is that of another vintage's file: one of the two has the wrong name."""
    step, landing = opened.step, opened.workspace.landing
    vintages = opened.workspace.plan.catalog.staged(step.name).vintages
    others = {vintage: variables for vintage, variables in vintages.items() if vintage != step.partition}
    for view, (vintage, variables) in itertools.product(step.views, others.items()):
        named = {path for pattern in view.raw.patterns(vintage, variables) for path in landing.find(pattern)}
        for path, other in itertools.product(view.landed, sorted(named - set(view.landed))):
            own = landing.take_in(path)
            if (
                landing.locate(other).stat().st_size == own["bytes"]
                and landing.take_in(other)["sha256"] == own["sha256"]
            ):
                yield _error(opened, "A raw file has the content of another vintage", f"one of {step.partition}", other)


def _shrunk(opened: Session, relation: str, before: dict | None):
    """A table with fewer than half of the rows of the last good one."""
    if before and before["synthetic"] == record.is_synthetic(opened.step, opened.workspace):
        rows, last = opened.con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0], before["output"]["rows"]
        if rows < LEAST_KEPT * last:
            yield _error(
                opened,
                "The table lost more than half of its rows",
                f"about {last:,}, as in the last good table",
                f"{rows:,}",
            )


def last_good(step: Step, workspace: Workspace, before: dict | None) -> dict[str, list[Path]]:
    """The table that is to be replaced, under the names by which checks read it, where it says what the new one should
    hold; a region may become another one."""
    if step.custom or not before or before["synthetic"] != record.is_synthetic(step, workspace):
        return {}
    last, same = [workspace.store.local(step.address)], before.get("method_hash") == record.method_hash(step)
    return {checks.LAST_GOOD: last, checks.LAST_OF_METHOD: last if same else []}


def other_years(step: Step, workspace: Workspace) -> list[Path]:
    """The tables that a metric table is compared with, as far as they are built now."""
    return [workspace.store.local(address) for address in neighbours(step, workspace) if workspace.record(address)]


def neighbours(step: Step, workspace: Workspace) -> list[str]:
    """Addresses of the tables that a metric table is compared with: those of the year before and the year after. None for
    other tables, nor for regions, whose tables may be of an earlier file."""
    if step.layer != "metric" or step.custom:
        return []
    years = sorted(workspace.plan.of(step.method, step.provider).catalog.metric(step.name).years)
    before = [year for year in years if year < int(step.partition)]
    after = [year for year in years if year > int(step.partition)]
    own = f"/{step.partition}.parquet"
    return [step.address.replace(own, f"/{year}.parquet") for year in [*before[-1:], *after[:1]]]


def refuse_poorer(step: Step, workspace: Workspace, result: dict) -> dict:
    """The result of the check against the last good table, passed where it is accepted. Raises PartialInput."""
    if result["passed"]:
        return result
    if not is_accepted(step, workspace):
        raise PartialInput(
            step.label,
            "The table would be poorer than the last good one",
            file=step.address,
            expected=result["rule"],
            found=result["found"],
            source=" or ".join(step.entry["sources"]),
        )
    return result | {"passed": True, "found": f"{result['found']} (accepted as partial)"}
