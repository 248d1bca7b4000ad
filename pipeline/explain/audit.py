"""How a published number came about: the raw rows, the crosswalk rows, the SQL and every step (design §4.5).

The answer starts from the record of the table: what was read then is compared with what is there now. Where nothing
changed the steps are walked and must give the value bit for bit; where something did, the answer says what, and shows
what the store still has.
"""

from __future__ import annotations

import struct

import duckdb

from pipeline import code_version
from pipeline.catalog import editions
from pipeline.errors import CheckFailed, MobilityError
from pipeline.explain import SHOWN_ROWS, decided, lineage, missing, related, tables, units
from pipeline.explain.cell import Asked, Cell
from pipeline.explain.lineage import Lineage
from pipeline.explain.published import QUERY, PublishedLine
from pipeline.explain.rows import Rows
from pipeline.explain.walk import Walk
from pipeline.plan import metric_files, sqlfile
from pipeline.plan.step import Step
from pipeline.run.session import create_macros, quiet
from pipeline.run.workspace import Workspace

PUBLISHED = ("value", "lower", "upper", "quality", "note")
COUNTED = ("standard_error", "numerator", "denominator", "sample_size")


class Audit:
    """The audit of one value: of the store's table, or of a release where one is named."""

    def __init__(
        self,
        workspace: Workspace,
        slug: str,
        geoid: str,
        year: int,
        subgroup: str = "All",
        measure: str | None = None,
        release: str | None = None,
        limit: int | None = SHOWN_ROWS,
        geography: str | None = None,
    ):
        self.workspace, self.limit = workspace, limit
        asked = Asked(workspace, slug, geoid, year, subgroup, measure, geography)
        self.metric = asked.metric
        self.cell: Cell = asked.cell(release)
        self.shown = self.cell.shown
        # The row that the steps of the store must give; a release may have another one.
        self.stored = asked.of_store(self.cell) if release else self.cell.row
        self.unit = self.metric.measures[self.cell.measure].unit
        self.reproduced: bool | None = None

    def answer(self) -> dict:
        """The audit as the contract's JSON object. CheckFailed where the last step gives another value than the store's
        table has, though nothing that it is a function of has changed."""
        cell, row = self.cell, self.cell.row
        imported = editions.is_imported(self.workspace.settings.method)
        behind = Lineage(self.workspace, self.shown.record) if self.shown.record and not imported else None
        walk, step, changes, reasons = None, None, [], []
        if imported and self.shown.record:
            walk = self._line()
        if behind:
            walk = Walk(behind, Rows(cell, self.limit), units.of_measure(cell.slug, self.unit))
            step, reasons = self._walked(walk, behind)
            changes = behind.differences(step)
        if self.shown.moved_on:
            reasons += [f"Of today's table: {each}" for each in changes]
            changes = self._since_release()
        input_missing = self._input_missing(step, walk)
        queries = metric_files.metric_queries(cell.slug, self.metric)
        sources = [sqlfile.read(path).relative for _, path in (((None, QUERY),) if imported else queries)]
        return {
            "metric": cell.slug,
            "measure": cell.measure,
            "year": cell.year,
            "geoid": cell.geoid,
            "subgroup": row["subgroup"],
            "subgroup_type": row["subgroup_type"],
            "published": {name: row[name] for name in PUBLISHED},
            "formula": self.metric.formula,
            "inputs": self._inputs(walk),
            "steps": walk.steps if walk else [],
            "quality": {
                "rule": self.metric.quality,
                "words": _quality_words(),
                "evaluated": _evaluated(row, "quality"),
                "decided_by": self._decided_by(walk, step, "quality"),
            },
            "suppression": {
                "rule": self.metric.suppression,
                "evaluated": _evaluated(row, "note"),
                "decided_by": self._decided_by(walk, step, "note"),
                "thresholds": decided.thresholds(walk.steps, step.label, step.variables) if walk and step else [],
            },
            "citation": self.metric.citation,
            "notes": (self.shown.record or {}).get("notes", []),
            "synthetic": (self.shown.record or self.shown.manifest)["synthetic"],
            "code": {"sql_path": _own(sources), "version": code_version()},
            "title": self.metric.measures[cell.measure].title,
            "place": cell.place,
            "geography": cell.geography,
            "unit": self.unit,
            "interval": self.metric.measures[cell.measure].interval,
            "units": units.of_measure(cell.slug, self.unit).of(sources, "result", list(COUNTED)),
            "table": self._table(),
            "released": self._released(),
            "reproduced": self.reproduced,
            "changes": changes,
            "not_shown": [*reasons, *(walk.not_shown if walk else [])],
            "input_missing": input_missing,
            "quirks": related.quirks(self.workspace, cell, step),
            "other_methods": related.other_methods(self.workspace, cell),
            "replicates": self._replicates(walk),
            "universe": self.metric.universe,
            "direction": self.metric.direction,
            "combine": self.metric.combine.words,
            "method": self.workspace.settings.method,
            "provider": self.workspace.settings.provider,
            "subgroup_file": self.workspace.subgroup and self.workspace.subgroup.subgroup_type,
            "constants": list(walk.constants.values()) if walk else [],
            "macros": [walk.macros[name] for name in sorted(walk.macros)] if walk else [],
            "record_counts": (self.shown.record or {}).get("record_counts", {}),
        }

    # -- the steps ----------------------------------------------------------------------------------

    def _line(self) -> PublishedLine:
        """The line of a published file that an imported value was read from. CheckFailed where it gives another one."""
        line = PublishedLine(self.workspace, self.cell)
        found = line.run()
        if found and self.stored:
            names = ("value", "lower", "upper", "quality")
            self.reproduced = all(_bits(found[name]) == _bits(self.stored[name]) for name in names)
            if not self.reproduced:
                raise CheckFailed(
                    f"{self.shown.label}, GEOID {self.cell.geoid}: the published file gives another value than the table "
                    "that was imported from it. Run mobility import-published again."
                )
        return line

    def _walked(self, walk: Walk, behind: Lineage) -> tuple[Step | None, list[str]]:
        """The step, its walk done; what the store still has where it cannot be walked, and why."""
        step = None
        try:
            step = behind.step(self.cell.slug, self.cell.year, self.cell.geography)
            if self.stored is None:
                return step, ["The store's table has no such row, so no steps lead to it."]
            same = behind.same_code(step, behind.record) and behind.same_inputs(behind.record)
            found = walk.run(step)
            if not self._is_stored(found):
                found = walk.run_in_full(step)
            self.reproduced = self._is_stored(found)
        except MobilityError as error:
            walk.not_shown.clear()
            walk.stored(step)
            reason = str(error)
            if step and not behind.same_inputs(behind.record):
                reason = "tables that they read are gone or built again; what the store still has is shown."
            return step, [f"The steps of the table itself cannot be walked: {reason}"]
        if not self.reproduced and same:
            raise CheckFailed(self._another_result(found))
        if self.reproduced:
            return step, []
        given = (
            "; ".join(f"{name} {_in_words(found[0][name])}" for name in ("value", "lower", "upper") if found)
            or "no row"
        )
        return step, [f"The steps are those of today and give another result than the table has: {given}."]

    def _is_stored(self, found: list[dict]) -> bool:
        names = (*PUBLISHED, *COUNTED)
        return len(found) == 1 and all(_bits(found[0][name]) == _bits(self.stored[name]) for name in names)

    def _another_result(self, found: list[dict]) -> str:
        names = [
            name for name in (*PUBLISHED, *COUNTED) if not found or _bits(found[0][name]) != _bits(self.stored[name])
        ]
        expected = "; ".join(f"{name} {_in_words(self.stored[name])}" for name in names)
        given = "; ".join(f"{name} {_in_words(found[0][name])}" for name in names) if found else "no row"
        return (
            f"{self.shown.label}, GEOID {self.cell.geoid}: re-running the steps gives another result than the stored "
            f"table. Expected: {expected}. Found: {given}. Run mobility build --force and look at mobility status."
        )

    # -- what else there is to tell -------------------------------------------------------------------

    def _table(self) -> dict:
        """Which table is shown: address, hash, built when and by which code, in which releases."""
        record, entry = self.shown.record, self.shown.entry
        sha256 = entry["table_sha256"] if entry else record["output"]["sha256"]
        is_store = bool(record) and record["output"]["sha256"] == sha256
        return {
            "address": self.shown.address,
            "sha256": sha256,
            "in_store": is_store,
            "built_at": record["built_at"] if is_store else None,
            "code_version": record["code_version"] if is_store else self.shown.manifest["code_version"],
            "releases": tables.releases_of(self.workspace, self.shown.label, sha256),
        }

    def _released(self) -> dict | None:
        """The cell in the release asked for, as printed, and as the store has it now."""
        shown = self.shown
        if not shown.version:
            return None
        return {
            "version": shown.version.name,
            "method": shown.version.method,
            "store_has_same_table": not shown.moved_on,
            "printed": tables.printed(self.workspace, shown, self.cell.measure, self.cell.row),
            "store": {name: self.stored[name] for name in PUBLISHED} if self.stored else None,
        }

    def _since_release(self) -> list[str]:
        """What is no longer as it was when the release was made, a sentence each."""
        record, entry, address = self.shown.record, self.shown.entry, self.shown.address
        then = [lineage.raw_file(self.workspace.landing, *each) for each in entry["raw"].items()]
        further = [path for path in (record["raw"] if record else {}) if path not in entry["raw"]]
        now = f"built again at {record['built_at']} by version {record['code_version']}" if record else "gone"
        return [
            *lineage.raw_differences(then),
            *(f"Raw file {path}: read by today's table, not by that of the release." for path in further),
            f"Table {address}: {now}.",
        ]

    def _inputs(self, walk: Walk | None) -> list[dict]:
        """The raw files behind the value; of a release that the store has moved on from, all that its manifest names."""
        if not self.shown.moved_on:
            return walk.inputs if walk else []
        today = {each["path"]: each for each in walk.inputs} if walk else {}
        found = []
        for path, sha256 in self.shown.entry["raw"].items():
            state = lineage.raw_file(self.workspace.landing, path, sha256).state
            known = {name: today.get(path, {}).get(name) for name in ("url", "vintage")}
            found.append({"path": path, "sha256": sha256, **known, "rows_used": None, "state": lineage.IN_WORDS[state]})
        return found

    def _decided_by(self, walk: Walk | PublishedLine | None, step: Step | None, column: str) -> list[dict]:
        """The values that the flag or the note of the last step was decided by."""
        return decided.decided_by(walk.steps, step.label, column, self.cell.measure) if walk and step else []

    def _replicates(self, walk: Walk | PublishedLine | None) -> dict | None:
        """The replicate estimates behind the interval with estimate and bounds on their scale, None where there are none."""
        for step in walk.steps if walk else ():
            if (declared := units.declared().replicates.get(units.stem(step["file"]))) and step[
                "name"
            ] == declared.step:
                return declared.found(walk.steps)
        return None

    def _input_missing(self, step: Step | None, walk: Walk | None) -> list[dict]:
        """Which inputs are not there, for a value that is NULL for want of input."""
        row = self.cell.row
        if row["value"] is not None or not step or not (row["note"] or "").startswith("no input"):
            return []
        cell = self.cell
        return missing.of_value(walk.workspace, step, cell.year, cell.geography, cell.state, walk.rows.samples)


def _own(sources: list[str]) -> str:
    """The metric's own SQL file: the first that is none of an estimator, else the first."""
    return next((path for path in sources if path.startswith("sql/metrics/")), sources[0])


def _quality_words() -> dict[int, str]:
    """The flags as the published files have them."""
    with quiet(duckdb.connect()) as con:
        create_macros(con, [sqlfile.macros()["published_quality"].path])
        return dict(con.execute("SELECT flag, published_quality(flag) FROM range(1, 4) AS flags(flag)").fetchall())


def _evaluated(row: dict, result: str) -> dict:
    return {name: row[name] for name in (result, "value", "lower", "upper", *COUNTED)}


def _in_words(value) -> str:
    return "none" if value is None else str(value)


def _bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value
