"""What a build is asked for: the steps whose inputs are landed, what is missing, and what there is to do."""

from __future__ import annotations

from pipeline.errors import InputError, LostInput, MissingInput, UsageError, unknown
from pipeline.plan.custom import NotCombined
from pipeline.plan.step import Step, chain
from pipeline.run import record
from pipeline.run.make import Outcome, make
from pipeline.run.workspace import Workspace


def metric_steps(workspace: Workspace, slugs=(), years=(), geographies=()) -> tuple[list[Step], list[Outcome]]:
    """The metric steps within the choices whose inputs are landed; what became of the others.

    A missing input is an error (exit code 3) where metric and year were asked for by name, where the table was built
    before, or where nothing of a choice can be built; a year that was never landed is only reported.
    """
    cells = workspace.plan.metric_cells(slugs, years, geographies)
    known = {year for _, year, _ in workspace.plan.metric_cells(slugs)}
    for year in years:
        if year not in known:
            raise unknown(f"year of {', '.join(slugs) or 'any metric'}", year, sorted(known))
    if not cells:
        raise UsageError(
            "No metric has the years and geographies asked for: "
            f"metric {list(slugs) or 'any'}, year {list(years) or 'any'}, geography {list(geographies) or 'any'}."
        )
    steps, outcomes = [], []
    for slug, year, geography in cells:
        label = f"metric/{slug} {year} {geography}"
        address = workspace.plan.metric_address(slug, year, geography)
        try:
            steps.append(workspace.plan.metric(slug, year, geography))
        except NotCombined as error:
            code = error.exit_code if slugs else 0
            outcomes.append(Outcome(address, label, "not combined", message=str(error), exit_code=code))
        except LostInput as error:
            outcomes.append(Outcome(address, label, "failed", message=str(error), exit_code=error.exit_code))
        except MissingInput as error:
            expected = workspace.record(address) or (slugs and years)
            code = error.exit_code if expected else 0
            outcomes.append(Outcome(address, label, "input missing", message=str(error), exit_code=code))
    if (slugs or years or geographies) and not steps:
        for outcome in outcomes:
            if outcome.status == "input missing":
                outcome.exit_code = InputError.exit_code
    return steps, outcomes


def geography_steps(workspace: Workspace) -> tuple[list[Step], list[Outcome]]:
    """Every geography table that is not partitioned by year or region file and whose inputs are landed; what is missing."""
    steps, outcomes = [], []
    for name, entry in workspace.plan.catalog.geography.items():
        if entry.partitioned or entry.custom:
            continue
        try:
            steps.append(workspace.plan.geography(name))
        except InputError as error:
            code = error.exit_code if isinstance(error, LostInput) else 0
            outcome = Outcome(f"geography/{name}.parquet", f"geography/{name}", "input missing", message=str(error))
            outcome.exit_code = code
            outcomes.append(outcome)
    return steps, outcomes


def pending(steps: list[Step], workspace: Workspace, force: bool = False) -> list[Step]:
    """The steps to make, inputs first: those that are not what they would become, or all of them."""
    wanted = chain(steps)
    return wanted if force else [step for step in wanted if not _is_done(step, workspace)]


def complete(steps: list[Step], workspace: Workspace) -> None:
    """Make what is to be done of the steps and their inputs. Raises the error of the first one that cannot be made."""
    for step in pending(steps, workspace):
        if error := make(step, workspace).error:
            raise error


def _is_done(step: Step, workspace: Workspace) -> bool:
    try:
        return not step.lost and record.standing(step, workspace) == "current"
    except InputError:
        return False


def notes(steps: list[Step], workspace: Workspace) -> list[str]:
    """What is lacking in the tables of the steps: optional inputs, samples, states, PUMAs."""
    found = []
    for step in steps:
        record_of_step = workspace.record(step.address)
        for note in record_of_step["notes"] if record_of_step else step.notes:
            found.append((step.name, note, step.geography, step.partition))
    return grouped(found)


def grouped(found: list[tuple]) -> list[str]:
    """Notes as (metric, note, geography, year) in words, one line per metric and note."""
    lines: dict[tuple, dict] = {}
    for slug, note, geography, year in found:
        lines.setdefault((slug, note), {}).setdefault(str(year), []).append(geography)
    return [
        f"{slug}: {note} ({', '.join(dict.fromkeys(each for names in years.values() for each in names))}; {', '.join(years)})"
        for (slug, note), years in lines.items()
    ]
