"""What is told of a table beside its rows: records left after each filter, states without input, PUMAs unknown."""

from __future__ import annotations

from pipeline import checks
from pipeline.plan import sqlfile
from pipeline.plan.step import Step, View
from pipeline.quoting import quote
from pipeline.run.session import Session, create_macros

SHOWN_PUMAS = 10


def record_counts(con, step: Step) -> dict:
    """Records left after each of the metric's named filters, per microdata sample where there are samples."""
    counts: dict = {}
    query = sqlfile.read(step.sql[0])
    for name in step.record_counts:
        described = con.execute(query.up_to(name, f"SELECT * FROM {quote(name)} LIMIT 0")).description
        if "sample" in [column[0] for column in described]:
            per_sample = f"SELECT sample, count(*) FROM {quote(name)} GROUP BY 1 ORDER BY 1"
            counts[name] = dict(con.execute(query.up_to(name, per_sample)).fetchall())
        else:
            counts[name] = con.execute(query.up_to(name, f"SELECT count(*) FROM {quote(name)}")).fetchone()[0]
    return counts


def coverage(con, step: Step, relation: str) -> list[str]:
    """Which states a metric has no input for, as one note."""
    if step.layer != "metric" or step.custom:
        return []
    lacking, at_hand = con.execute(
        "SELECT list(state ORDER BY state) FILTER (WHERE lacks), list(state ORDER BY state) FILTER (WHERE NOT lacks) FROM "
        "(SELECT substr(geoid, 1, 2) AS state, bool_or(note IS NOT DISTINCT FROM 'no input for state') AS lacks "
        f"FROM {relation} GROUP BY 1)"
    ).fetchone()
    if not lacking:
        return []
    if not at_hand:
        return ["no input for any state"]
    if len(at_hand) < len(lacking):
        return [f"input only for the states {', '.join(at_hand)}"]
    return [f"no input for the states {', '.join(lacking)}"]


def accepted(found: list[str]) -> list[str]:
    """What is lacking although somebody accepted it, in the words of a note."""
    return [f"accepted as partial: {each}" for each in found]


def can_check_crosswalk(step: Step) -> bool:
    """Whether the step joins microdata to a crosswalk that is declared to hold every PUMA; a region leaves most out."""
    return step.layer == "metric" and not step.custom and bool(_crosswalk(step) and _microdata(step))


def unmatched_pumas(opened: Session) -> list[str]:
    """Records in PUMAs that the crosswalk of the period does not know: counted and listed, never silent.

    Leaves the table ``puma_records`` (sample, statefip, puma, records) for the check of the same name.
    """
    step, con = opened.step, opened.con
    if not can_check_crosswalk(step):
        return []
    create_macros(con, checks.macro_paths())
    # A metric's own records take joins: they are counted only where the microdata have such a PUMA, which few have.
    for relation in _microdata(step):
        con.execute(
            "CREATE OR REPLACE TEMP TABLE puma_records AS SELECT sample, statefip, puma, "
            f"{'sum(records)' if relation == 'sums' else 'count(*)'}::BIGINT AS records FROM {relation} GROUP BY ALL"
        )
        rows = con.execute(sqlfile.read(checks.FOLDER / f"{checks.CROSSWALK}.sql").text).fetchall()
        if not rows:
            return []
    return [
        f"{count} records of the {sample} sample are in {len(pumas)} PUMAs without a crosswalk row and are dropped: "
        f"{', '.join(pumas[:SHOWN_PUMAS])}{' …' if len(pumas) > SHOWN_PUMAS else ''}"
        for sample, count, pumas in rows
    ]


def _crosswalk(step: Step) -> View | None:
    return next((view for view in step.views for each, _ in view.parts if each.entry.get("complete")), None)


def _microdata(step: Step) -> list[str]:
    """Where the PUMAs of the step's records are looked for, last of all its records: in its sums; in the microdata that its
    records are made of, and in these records; or in the first view of microdata."""
    if any(view.name == "sums" for view in step.views):
        return ["sums"]
    sampled = [view.name for view in step.views if any(dict(constants).get("sample") for _, constants in view.parts)]
    if sampled and any(name == "records" for name, _ in step.queries):
        everything = " UNION ALL ".join(f"SELECT sample, statefip, puma FROM {quote(name)}" for name in sampled)
        return [f"({everything})", "records"]
    return sampled[:1]
