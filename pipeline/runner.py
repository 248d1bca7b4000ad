"""Carries out a build: which steps are asked for, which are stale, what became of each.

The command line and the Dagster assets share one Runner, so that both do the same and tell the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from dataclasses import asdict, dataclass
from typing import Any

from pipeline import checks, files
from pipeline.engine import Engine
from pipeline.errors import InputError, MissingInput, MobilityError, UsageError
from pipeline.lost import lost_files
from pipeline.plan import Plan
from pipeline.settings import Settings
from pipeline.step import Step, chain

LAYERS = ("staged", "geography", "metric")


@dataclass
class Outcome:
    """What became of one step: built, up to date, failed, blocked or input missing."""

    step: str
    status: str
    rows: int | None = None
    seconds: float | None = None
    message: str | None = None
    exit_code: int = 0


class Runner:
    """Resolves the steps a build asks for and runs the stale ones, one at a time, without losing anything.

    ``only`` narrows a run to the outputs a command asked for; an asset may hold more partitions than that.
    """

    def __init__(self, chosen: Settings, force: bool = False, on_progress=lambda outcome: None):
        self.settings = chosen
        self.plan = Plan(chosen)
        self.engine = Engine(self.plan)
        self.force = force
        self.on_progress = on_progress
        self.outcomes: dict[str, Outcome] = {}
        self.failed: set = set()
        self.only: set | None = None
        self.asked: list[Step] = []

    # -- what is asked for --------------------------------------------------------------------------

    def metric_steps(self, slugs=(), years=(), geographies=()) -> list[Step]:
        """The metric steps within the choices whose inputs are landed; the others become outcomes.

        A missing input is an error (exit code 3) where the metric or year was asked for by name, or where
        the file was there before; a year that was never landed is only reported.
        """
        cells = self.plan.metric_cells(slugs, years, geographies)
        if not cells:
            raise UsageError(
                "No metric has the years and geographies asked for: "
                f"metric {list(slugs) or 'any'}, year {list(years) or 'any'}, "
                f"geography {list(geographies) or 'any'}."
            )
        steps = []
        for slug, year, geography in cells:
            label = f"metric/{slug} {year} {geography}"
            try:
                step = self.plan.metric(slug, year, geography)
                if lost := lost_files(self.plan, slug, year, geography):
                    self._record(Outcome(label, "failed", message=str(_lost(lost, self.settings)), exit_code=3))
                    continue
                steps.append(step)
                self.asked.append(step)
            except MissingInput as error:
                gone = self._was_there(slug, year, geography)
                code = error.exit_code if gone or (slugs and years) else 0
                self._record(Outcome(label, "input missing", message=str(error), exit_code=code))
        if slugs and not steps:
            for outcome in self.outcomes.values():
                outcome.exit_code = InputError.exit_code
        return steps

    def _was_there(self, slug: str, year: int, geography: str) -> bool:
        output = self.settings.metric_root / "metrics" / slug / geography / f"{year}.parquet"
        return output.exists() or bool(lost_files(self.plan, slug, year, geography))

    def geography_steps(self) -> list[Step]:
        """Every geography table that is not partitioned by year and whose inputs are landed."""
        steps = []
        for name, entry in self.plan.catalog.geography.items():
            if entry.partitioned:
                continue
            try:
                steps.append(self.plan.geography(name))
            except MissingInput as error:
                self._record(Outcome(f"geography/{name}", "input missing", message=str(error)))
        return steps

    def stale(self, steps: list[Step]) -> list[Step]:
        """The steps to run, inputs first: those out of date, and all of them where the build is forced."""
        wanted = chain(steps)
        if self.force:
            return wanted
        return [step for step in wanted if not self._is_current(step)]

    def _is_current(self, step: Step) -> bool:
        try:
            return self.engine.is_current(step)
        except InputError:
            return False

    # -- running ------------------------------------------------------------------------------------

    def run(self, step: Step) -> Outcome:
        """Build one step unless it is up to date or an input of it failed; never raises a MobilityError."""
        if self.only is not None and step.output not in self.only:
            return Outcome(step.label, "not asked for")
        blocked = [upstream.label for upstream in step.upstream if upstream.output in self.failed]
        if blocked:
            self.failed.add(step.output)
            return self._record(Outcome(step.label, "blocked", message=f"not built because {blocked[0]} failed"))
        started = time.monotonic()
        try:
            if not self.force and self.engine.is_current(step):
                return self._record(Outcome(step.label, "up to date"))
            record = self.engine.build(step)
            message, code = self._checked(step)
            outcome = Outcome(step.label, "built", record["output"]["rows"], record["seconds"], message, code)
        except MobilityError as error:
            self.failed.add(step.output)
            outcome = Outcome(
                step.label,
                "failed",
                seconds=round(time.monotonic() - started, 3),
                message=str(error),
                exit_code=error.exit_code,
            )
        return self._record(outcome)

    def _checked(self, step: Step) -> tuple[str | None, int]:
        if step.layer != "metric":
            return None, 0
        failures = [result for result in checks.check_metric(self.plan, step) if not result.passed]
        if not failures:
            return None, 0
        return "checks failed: " + "; ".join(f"{result.name}: {result.found}" for result in failures), 1

    def _record(self, outcome: Outcome) -> Outcome:
        self.outcomes[outcome.step] = outcome
        self.on_progress(outcome)
        return outcome

    def notes(self) -> list[str]:
        """What is lacking in the tables asked for: optional inputs, samples, states, PUMAs."""
        found = []
        for step in self.asked:
            record = self.engine.lineage(step)
            found += [
                (step.name, note, step.geography, step.partition)
                for note in (record["notes"] if record else step.notes)
            ]
        return grouped(found)

    @property
    def exit_code(self) -> int:
        """0, or the most telling code of the outcomes: an unusable input before a failed check."""
        codes = {outcome.exit_code for outcome in self.outcomes.values()}
        return next((code for code in (3, 2, 4, 1) if code in codes), 0)

    def summary(self) -> dict[str, Any]:
        """Counts by status, and every outcome, as JSON-able values."""
        counts: dict[str, int] = {}
        for outcome in self.outcomes.values():
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        return {
            "counts": counts,
            "exit_code": self.exit_code,
            "notes": self.notes(),
            "outcomes": [asdict(outcome) for outcome in self.outcomes.values()],
        }


def grouped(notes: list[tuple]) -> list[str]:
    """Notes as (metric, note, geography, year) in words, one line per metric and note."""
    lines: dict[tuple, dict] = {}
    for slug, note, geography, year in notes:
        lines.setdefault((slug, note), {}).setdefault(str(year), []).append(geography)
    return [
        f"{slug}: {note} ({', '.join(dict.fromkeys(each for names in years.values() for each in names))}; {', '.join(years)})"
        for (slug, note), years in lines.items()
    ]


def _lost(paths: list[str], chosen: Settings) -> InputError:
    return InputError(
        "Raw files that were landed are gone",
        file=chosen.raw,
        expected=", ".join(paths[:5]) + (" …" if len(paths) > 5 else ""),
        found="nothing",
        advice="The last good table stays. Put them back, or take their entries out of manifest.json if they are meant to be gone.",
    )


@contextlib.contextmanager
def store_lock(chosen: Settings):
    """Hold the store for one build and clear what a killed one left behind. UsageError where it is held."""
    chosen.store.mkdir(parents=True, exist_ok=True)
    with open(chosen.store / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"Another build is writing to {chosen.store}; wait for it to end.") from error
        files.remove_leftovers(chosen.store)
        yield
