"""What the command line prints: progress, tables and the audit in words."""

from __future__ import annotations

import sys

import click

from pipeline.run import request
from pipeline.run.request import grouped


class Progress:
    """Prints one line per finished step on a terminal's stderr."""

    def __init__(self, quiet: bool):
        self.quiet = quiet
        self.count = 0

    def __call__(self, outcome) -> None:
        """Tell of one outcome; what is up to date or was never landed is left to the summary."""
        if self.quiet or outcome.status in ("up to date", "input missing"):
            return
        self.count += 1
        rows = f"{outcome.rows:,} rows" if outcome.rows is not None else outcome.message or ""
        seconds = f"{outcome.seconds:.1f} s" if outcome.seconds is not None else ""
        click.echo(f"[{self.count:3}] {outcome.status:8} {outcome.step}  {rows}  {seconds}".rstrip(), err=True)
        sys.stderr.flush()


def build_report(workspace, steps, outcomes) -> dict:
    """What a build did, as JSON-able values: counts by status, exit code, notes, every outcome."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    codes = {outcome.exit_code for outcome in outcomes}
    return {
        "counts": counts,
        # The most telling code: an unusable input before a failed check.
        "exit_code": next((code for code in (3, 2, 4, 1) if code in codes), 0),
        "notes": request.notes(steps, workspace),
        "outcomes": [outcome.as_dict() for outcome in outcomes],
        "synthetic": any((workspace.record(step.address) or {}).get("synthetic") for step in steps),
    }


def build_summary(report: dict, asked: int) -> str:
    """The table at the end of a build."""
    counts, outcomes = report["counts"], report["outcomes"]
    active = {status: number for status, number in counts.items() if status not in ("input missing", "up to date")}
    lines = []
    if not active:
        lines.append(f"Nothing to do: all {asked} tables asked for are up to date.")
    metrics = sorted({each["step"].split()[0] for each in outcomes if each["step"].startswith("metric/")})
    if active and metrics:
        lines += [f"{'metric':34} built  failed  blocked  input missing"]
        for metric in metrics:
            each = [outcome["status"] for outcome in outcomes if outcome["step"].split()[0] == metric]
            lines.append(
                f"{metric.removeprefix('metric/'):34} {each.count('built'):5}  {each.count('failed'):6}  "
                f"{each.count('blocked'):7}  {each.count('input missing'):13}"
            )
    missing = [each["step"].removeprefix("metric/") for each in outcomes if each["status"] == "input missing"]
    if missing:
        lines.append(
            f"Input missing for {len(missing)}: {', '.join(missing[:6])}{' …' if len(missing) > 6 else ''} "
            "(mobility fetch says how to get it)."
        )
    lines += [f"Note: {note}" for note in report["notes"]]
    if active:
        lines.append("Done: " + ", ".join(f"{number} {status}" for status, number in active.items()) + ".")
    return "\n".join(lines)


def status_table(entries: list[dict]) -> str:
    """Metric × geography by year."""
    years = sorted({entry["year"] for entry in entries})
    cells = {(entry["metric"], entry["geography"], entry["year"]): entry for entry in entries}
    rows = sorted({(entry["metric"], entry["geography"]) for entry in entries})
    lines = [f"{'metric':24} {'geography':9} " + " ".join(f"{year:>9}" for year in years)]
    for slug, geography in rows:
        line = f"{slug:24} {geography:9} "
        for year in years:
            entry = cells.get((slug, geography, year))
            text = entry["status"].replace("input missing", "–") + ("*" if entry["stale"] else "") if entry else ""
            line += f"{text:>9} "
        lines.append(line.rstrip())
    lines.append("– input missing   * stale: inputs, SQL or catalog changed since it was built")
    notes = [
        (entry["metric"], note, entry["geography"], entry["year"])
        for entry in entries
        if entry["note"] and entry["status"] != "input missing"
        for note in entry["note"].split("; ")
    ]
    return "\n".join(lines + [f"Note: {note}" for note in grouped(notes)])


def catalog_json(entries, slug: str | None):
    """The catalog, or one metric of it, as JSON-able values."""
    if slug:
        return entries.metric(slug).model_dump(mode="json") | {"metric": slug}
    return {
        "metrics": {
            name: {
                "title": metric.title,
                "years": list(metric.years),
                "geographies": metric.geographies,
                "subgroup_types": metric.subgroup_types,
                "measures": list(metric.measures),
                "sources": metric.sources,
            }
            for name, metric in entries.metrics.items()
        },
        "sources": {
            name: source.model_dump(mode="json", exclude={"tables"})
            | {"tables": {table: list(entry.vintages) for table, entry in source.tables.items()}}
            for name, source in entries.sources.items()
        },
        "geography": {name: table.title for name, table in entries.geography.items()},
    }


def catalog_text(entries, slug: str | None) -> str:
    """The catalog, or one metric of it, in words."""
    if not slug:
        lines = [
            f"{name:24} {metric.title} — {metric.pillar}; {', '.join(map(str, metric.years))}"
            for name, metric in entries.metrics.items()
        ]
        lines += ["", "Sources"] + [
            f"{name:24} {source.agency}: {source.dataset}" for name, source in entries.sources.items()
        ]
        return "\n".join(lines)
    metric = entries.metric(slug)
    lines = [
        metric.title,
        f"predictor {metric.predictor}, pillar {metric.pillar}, {metric.direction}",
        f"universe: {metric.universe}",
        f"formula: {metric.formula}",
        f"years: {', '.join(map(str, metric.years))}; geographies: {', '.join(metric.geographies)}",
    ]
    lines += [f"measure {name}: {measure.title} ({measure.unit})" for name, measure in metric.measures.items()]
    lines += [
        f"subgroups: {', '.join(metric.subgroup_types)}",
        f"quality: {metric.quality}",
        f"suppression: {metric.suppression}",
    ]
    lines += [
        f"source {name}: {entries.sources[name].citation} Licence: {entries.sources[name].licence}."
        for name in metric.sources
    ]
    lines += [
        f"quirk {name}: {quirk.title} (published: {quirk.published}; right: {quirk.right})"
        for name, quirk in metric.quirks.items()
    ]
    for geography in metric.geographies:
        found: dict[str, list[str]] = {}
        for year in metric.years:
            found.setdefault(metric.verification(geography, year), []).append(str(year))
        lines += [f"verified {geography}: {kind} ({', '.join(years)})" for kind, years in found.items()]
    lines.append(f"files: sql/metrics/{slug}.yml, sql/metrics/{slug}.sql")
    return "\n".join(lines)


def fetch_json(wanted) -> list[dict]:
    """The listing of raw files as JSON-able values."""
    names = ("source", "table", "vintage", "form", "path", "url", "way", "landed")
    return [{name: getattr(each, name) for name in names} for each in wanted]


def fetch_text(entries, wanted) -> str:
    """The listing of raw files in words, grouped by source, with the steps to get them by hand."""
    lines = []
    for name in dict.fromkeys(each.source for each in wanted):
        source = entries.sources[name]
        lines.append(f"{name}: {source.by_hand}" + (f" Key: {source.key}." if source.key else ""))
        for each in wanted:
            if each.source == name:
                mark = "landed" if each.landed else each.way
                lines.append(f"  {mark:9} {each.table}@{each.vintage} ({each.form}): {each.path}  <- {each.url}")
    return "\n".join(lines)
