"""What the command line prints: progress, tables and the audit in words."""

from __future__ import annotations

import shutil
import sys

import click

from pipeline.errors import unknown

# To the line's start, and clear it (ECMA-48).
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Prints one line per finished step on stderr; on a terminal also, in its last line, what is being made."""

    def __init__(self, quiet: bool):
        self.quiet = quiet
        self.in_place = not quiet and sys.stderr.isatty()
        self.count = 0

    def start(self, step) -> None:
        """Say what is being made, in a line that the next one replaces; only a terminal can take it back."""
        if self.in_place:
            text = f"[{self.count + 1:3}] making   {step.label} …"
            click.echo(CLEAR_LINE + text[: shutil.get_terminal_size().columns - 1], nl=False, err=True)

    def end(self) -> None:
        """Take back the line of what is being made."""
        if self.in_place:
            click.echo(CLEAR_LINE, nl=False, err=True)

    def __call__(self, outcome) -> None:
        """Tell of one outcome; what is up to date or was never landed is left to the summary."""
        self.end()
        if self.quiet or outcome.status in ("up to date", "input missing", "not combined"):
            return
        self.count += 1
        rows = f"{outcome.rows:,} rows" if outcome.rows is not None else outcome.message or ""
        seconds = f"{outcome.seconds:.1f} s" if outcome.seconds is not None else ""
        click.echo(f"[{self.count:3}] {outcome.status:8} {outcome.step}  {rows}  {seconds}".rstrip(), err=True)
        sys.stderr.flush()


def build_summary(report: dict) -> str:
    """The table at the end of a build."""
    counts, outcomes = report["counts"], report["outcomes"]
    active = {
        status: number
        for status, number in counts.items()
        if status not in ("input missing", "up to date", "not combined")
    }
    lines = []
    if report["asked"] and not active:
        lines.append(f"Nothing to do: all {report['asked']} tables asked for are up to date.")
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
    refused = {each["message"] for each in outcomes if each["status"] == "not combined" and not each["exit_code"]}
    lines += [f"Not combined: {message}" for message in sorted(refused)]
    lines += [f"Note: {note}" for note in report["notes"]]
    if active:
        lines.append("Done: " + ", ".join(f"{number} {status}" for status, number in active.items()) + ".")
    return "\n".join(lines)


def status_table(entries: list[dict]) -> str:
    """Metric × geography by year."""
    from pipeline.run.request import grouped

    years = sorted({entry["year"] for entry in entries})
    cells = {(entry["metric"], entry["geography"], entry["year"]): entry for entry in entries}
    rows = sorted({(entry["metric"], entry["geography"]) for entry in entries})
    wide, broad = (max(map(len, each)) for each in zip(("metric", "geography"), *rows, strict=True))
    lines = [f"{'metric':{wide}} {'geography':{broad}} " + " ".join(f"{year:>9}" for year in years)]
    for slug, geography in rows:
        line = f"{slug:{wide}} {geography:{broad}} "
        for year in years:
            entry = cells.get((slug, geography, year))
            text = entry["status"].replace("input missing", "–") + ("*" if entry["stale"] else "") if entry else ""
            line += f"{text:>9} "
        lines.append(line.rstrip())
    lines.append("– input missing   * stale: inputs, SQL or catalog changed since it was built")
    notes = [
        (entry["metric"], note, entry["geography"], entry["year"])
        for entry in entries
        if entry["status"] != "input missing"
        for note in entry["notes"]
    ]
    return "\n".join(lines + [f"Note: {note}" for note in grouped(notes)])


def catalog_json(entries, name: str | None):
    """The catalog, or one metric or source of it, as JSON-able values. UsageError for an unknown name."""
    if name in entries.metrics:
        return entries.metrics[name].model_dump(mode="json") | {"metric": name}
    if name in entries.sources:
        return entries.sources[name].model_dump(mode="json") | {"source": name, "metrics": _used_by(entries, name)}
    if name:
        raise unknown("metric or source", name, [*entries.metrics, *entries.sources])
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
    """The catalog, or one metric or source of it, in words. UsageError for an unknown name."""
    if slug in entries.sources:
        return _source_text(entries, slug)
    if slug and slug not in entries.metrics:
        raise unknown("metric or source", slug, [*entries.metrics, *entries.sources])
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
    lines.append(f"regions: {metric.combine.words}")
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
        for year in (each for each in metric.years if geography in metric.geographies_of(each)):
            found.setdefault(metric.verification(geography, year), []).append(str(year))
        lines += [f"verified {geography}: {kind} ({', '.join(years)})" for kind, years in found.items()]
    lines.append(f"files: sql/metrics/{slug}.yml, sql/metrics/{slug}.sql")
    return "\n".join(lines)


def _used_by(entries, source: str) -> list[str]:
    return [slug for slug, metric in entries.metrics.items() if source in metric.sources]


def _source_text(entries, name: str) -> str:
    """A source in words: whose data, under what terms, how to get them, and which files its tables are read from."""
    source = entries.sources[name]
    lines = [
        source.title,
        f"agency: {source.agency}",
        f"dataset: {source.dataset}",
        f"homepage: {source.homepage}",
        f"licence: {source.licence}",
        f"citation: {source.citation}",
        f"key: {source.key or 'none needed'}",
        f"by hand: {source.by_hand}",
        f"metrics: {', '.join(_used_by(entries, name)) or 'none'}",
    ]
    for table, entry in source.tables.items():
        lines += ["", f"table {table}: {entry.title}", f"  vintages: {', '.join(entry.vintages)}"]
        for form_name, form in entry.forms.items():
            limits = [f"provider {form.provider}"] if form.provider else []
            limits += [f"only {', '.join(form.vintages)}"] if form.vintages else []
            limits += [form.coverage] if form.coverage else []
            lines.append(": ".join([f"  form {form_name}", *(["; ".join(limits)] if limits else [])]))
            for raw in form.files.values():
                origin = f"  <- {_for_people(raw.url)}" if raw.url else ""
                lines.append(f"    {_for_people(raw.called)}{' (optional)' if raw.optional else ''}{origin}")
    lines += ["", f"file: pipeline/catalog/sources/{name}.yml; mobility fetch {name} lists every file"]
    return "\n".join(lines)


def _for_people(template: str) -> str:
    """A path or URL of the catalog with what differs by vintage in angle brackets."""
    return template.replace("{", "<").replace("}", ">")


def fetch_json(wanted) -> list[dict]:
    """The listing of raw files as JSON-able values."""
    names = ("source", "table", "vintage", "form", "path", "called", "url", "way", "landed")
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
                origin = f"  <- {each.url}" if each.url else ""
                lines.append(f"  {mark:9} {each.table}@{each.vintage} ({each.form}): {each.called}{origin}")
    return "\n".join(lines)


def import_summary(report, store: str, version: str | None) -> str:
    """What was imported, which files were not read and why, and what to do next."""
    lines = [f"Not read: {name}: {reason}" for name, reason in sorted(report.not_read.items())]
    lines += [f"Note: {note}" for note in report.notes]
    rows = sum(report.tables.values())
    following = (
        f"mobility diff published:{version} VERSION" if version else "mobility release YYYY.N --method published"
    )
    lines += [
        f"Imported {len(report.read)} files into {len(report.tables)} tables ({rows:,} rows) of the method published in {store}",
        f"Next: {following}",
    ]
    return "\n".join(lines)


def releases_text(found: list[dict]) -> str:
    """A line per release, the newest marked as latest."""
    if not found:
        return "No releases. Run: mobility release YYYY.N"
    lines = []
    for each in found:
        marks = ["latest"] if each is found[-1] else []
        marks += ["SYNTHETIC"] if each["synthetic"] else []
        marks += [f"published although {name} failed" for name in each["allowed_failed_checks"]]
        lines.append(f"{each['version']}  {each['path']}  code {each['code_version']}  {', '.join(marks)}".rstrip())
    return "\n".join(lines)


def rebuild_text(answer: dict) -> str:
    """Whether a release was the same when it was made again, and what was not."""
    others = [name for name, equal in answer["files"].items() if not equal]
    count = len(answer["files"])
    if not others:
        lines = [f"Release {answer['version']}: all {count} files are the same bit for bit."]
    else:
        lines = [f"Release {answer['version']}: {len(others)} of {count} files differ: {', '.join(others)}"]
    return "\n".join([*lines, *answer["differences"]])
