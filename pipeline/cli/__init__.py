"""The command line (design §4.3). Every command takes --raw, --store and --json; errors end in one paragraph."""

from __future__ import annotations

import functools
import json
import os
import sys
from pathlib import Path

import click

from pipeline.catalog import editions
from pipeline.cli import show
from pipeline.errors import InputError, MobilityError, UsageError
from pipeline.settings import Settings

SYNTHETIC = "SYNTHETIC DATA: the raw directory is the made-up sample; no number is real."


def command(group, name=None, method=False):
    """A command with the common options; MobilityErrors become one paragraph and their exit code."""

    def wrap(function):
        @functools.wraps(function)
        def run(raw, store, as_json, **options):
            choices = {name: options.pop(name, None) for name in ("method", "provider", "threads", "memory")}
            try:
                chosen = Settings.of(raw, store, **choices)
                if choices["method"] and choices["method"] not in editions.known():
                    known = ", ".join(editions.known())
                    raise UsageError(f"Unknown method {choices['method']!r}; known: {known}.")
                code = function(chosen, as_json, **options)
            except MobilityError as error:
                _fail(error, as_json)
            sys.exit(code or 0)

        if method:
            run = click.option("--method", help="Edition of the method: 2025 (default), 2026 or corrected.")(run)
        run = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(run)
        run = click.option("--store", type=click.Path(), help="Store directory (MOBILITY_STORE, else data/store).")(run)
        run = click.option("--raw", type=click.Path(), help="Raw directory (MOBILITY_RAW, else data/raw).")(run)
        return group.command(name or function.__name__, epilog=EXAMPLES.get(name or function.__name__))(run)

    return wrap


PROVIDER = click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
EXAMPLES = {
    "build": "Example: mobility build --metric living-wage --year 2022 --geography county",
    "audit": 'Example: mobility audit living-wage --geoid 37067 --year 2022 --subgroup "Goods Producing"',
    "release": "Example: mobility release 2026.1",
    "diff": "Example: mobility diff 2025.1 2026.1, or mobility diff ../shared/published data/store/releases/2026.1",
    "shell": "Example: mobility shell living-wage --year 2022",
    "sample": "Example: mobility sample data/raw",
    "fetch": "Example: mobility fetch bls_qcew@2023",
    "catalog": "Example: mobility catalog living-wage",
    "status": "Example: mobility status --metric living-wage",
}


def _fail(error: MobilityError, as_json: bool):
    if as_json:
        click.echo(json.dumps({"error": str(error), "exit_code": error.exit_code}))
    click.echo(f"mobility: {error}", err=True)
    sys.exit(error.exit_code)


def _print_json(content) -> None:
    click.echo(json.dumps(content, indent=1, ensure_ascii=False, default=str))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="mobility")
def main():
    """Rebuild the Mobility Metrics from raw public data; every number a function of named, hashed inputs."""


@command(main, method=True)
@click.option("--metric", "metrics", multiple=True, metavar="SLUG", help="Only this metric; may be repeated.")
@click.option("--year", "years", multiple=True, type=int, help="Only this year; may be repeated.")
@click.option(
    "--geography", "geographies", multiple=True, metavar="county|place", help="Only this geography; may be repeated."
)
@PROVIDER
@click.option(
    "--accept-partial",
    "accepted",
    multiple=True,
    metavar="SOURCE[@VINTAGE]",
    help="Take this source's files as they are, partial or gone; may be repeated. Table and release tell it.",
)
@click.option("--force", is_flag=True, help="Build also what is up to date.")
@click.option("--threads", type=int, help="Threads per table (MOBILITY_THREADS).")
@click.option("--memory", metavar="SIZE", help="Memory per table, for example 4GB (MOBILITY_MEMORY).")
def build(chosen, as_json, metrics, years, geographies, accepted, force):
    """Build exactly what is out of date, from raw files to metric tables; keep going where one metric fails."""
    from pipeline.cli.build import build as build_steps
    from pipeline.run import request, whole

    unknown = [name for name in geographies if name not in ("county", "place")]
    if unknown:
        raise UsageError(f"Unknown geography {unknown[0]!r}: expected county or place.")
    workspace = _workspace(chosen)
    workspace.on_outcome = show.Progress(quiet=as_json)
    whole.accept(workspace, accepted)
    steps, outcomes = request.metric_steps(workspace, metrics, years, geographies)
    if not (metrics or years or geographies):
        geography, missing = request.geography_steps(workspace)
        steps, outcomes = steps + geography, outcomes + missing
    outcomes += build_steps(workspace, steps, force)
    report = show.build_report(workspace, [step for step in steps if step.layer == "metric"], outcomes)
    if as_json:
        _print_json(report)
    else:
        click.echo(show.build_summary(report, len(steps)))
        if report["synthetic"]:
            click.echo(SYNTHETIC)
    for outcome in outcomes:
        if outcome.exit_code:
            click.echo(f"mobility: {outcome.step}: {outcome.message}", err=True)
    return report["exit_code"]


def _workspace(chosen):
    """The workspace of a command that reads raw files. InputError where the raw directory does not exist."""
    from pipeline.run.workspace import Workspace

    if not chosen.raw.is_dir():
        raise InputError(
            "The raw directory does not exist",
            file=chosen.raw,
            expected="a directory of raw files",
            found="nothing",
            advice="Give --raw or MOBILITY_RAW, or make a sample: mobility sample DIR",
        )
    return Workspace.of(chosen)


@command(main, method=True)
@click.option("--metric", "metrics", multiple=True, metavar="SLUG", help="Only this metric.")
@PROVIDER
def status(chosen, as_json, metrics):
    """Show for every metric and year what is missing, landed, built, checked and released, and what is stale."""
    from pipeline.explain.status import matrix

    workspace = _workspace(chosen)
    for slug in metrics:
        workspace.plan.catalog.metric(slug)
    entries = [entry for entry in matrix(workspace) if not metrics or entry["metric"] in metrics]
    if as_json:
        _print_json(entries)
    else:
        click.echo(show.status_table(entries))
        if workspace.landing.is_synthetic():
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("metric", required=False)
def catalog(chosen, as_json, metric):
    """Show what exists: metrics with years, subgroups, sources and quirks, or one metric in full."""
    from pipeline import catalog as catalogs

    entries = catalogs.load(chosen.method)
    if as_json:
        _print_json(show.catalog_json(entries, metric))
    else:
        click.echo(show.catalog_text(entries, metric))


@command(main, method=True)
@click.argument("version")
@PROVIDER
def release(chosen, as_json, version):
    """Publish the built metrics as files of the published layout, with Parquet and metadata."""
    from pipeline.publish.release import Release

    unfinished = Release(_workspace(chosen), version)
    manifest = unfinished.publish(lambda stem, rows: as_json or click.echo(f"  {stem}.csv  {rows:,} rows"))
    path = f"{unfinished.workspace.store.location}/{unfinished.version.address}"
    if as_json:
        _print_json(manifest | {"path": path})
    else:
        for note in manifest["notes"]:
            click.echo(f"Note: {note}")
        click.echo(f"Release {version} is in {path}")
        if manifest["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("old")
@click.argument("new")
def diff(chosen, as_json, old, new):
    """Compare two releases, or two folders of published files; exit code 1 where they differ.

    OLD and NEW are a release of the chosen method, METHOD:VERSION for another one's, or a folder.
    """
    from pipeline.publish import diff as differences
    from pipeline.publish.versions import named
    from pipeline.store.store import open_store

    store = open_store(chosen.store)
    folders = [named(store, name, chosen.method) or Path(name) for name in (old, new)]
    report = differences.compare(*folders)
    if as_json:
        _print_json(report)
    else:
        click.echo(differences.as_markdown(report, old, new))
    return 1 if report["different"] else 0


def _rows(value: str) -> int | str:
    """A number of rows from 1 on, or all."""
    if value != "all" and not (value.isdigit() and int(value)):
        raise click.BadParameter(f"expected a number from 1 on, or all; found {value!r}")
    return value if value == "all" else int(value)


@command(main, method=True)
@click.argument("metric")
@click.option("--geoid", required=True, help="County (5 digits) or place (7 digits), with leading zeros.")
@click.option("--year", required=True, type=int)
@click.option(
    "--subgroup", default="All", show_default=True, help="Label, or type/label where All is ambiguous (industry/All)."
)
@click.option("--measure", help="Published variable; the metric's first one if not given.")
@click.option(
    "--release", metavar="VERSION", help="The number as this release has it; the store's of today if not given."
)
@click.option("--steps", is_flag=True, help="Show every step with its SQL and rows.")
@click.option("--rows", type=_rows, metavar="all|N", help="Rows of a step: 5 if not given, 50 with --json.")
@PROVIDER
def audit(chosen, as_json, metric, geoid, year, subgroup, measure, release, steps, rows):
    """Show how one published number came about: raw rows, crosswalk rows, SQL, each step's result, hashes."""
    from pipeline.explain import words
    from pipeline.explain.audit import SHOWN_ROWS, Audit

    limit = rows or (SHOWN_ROWS if as_json else words.SHOWN_ROWS)
    limit = None if limit == "all" else limit
    answer = Audit(_workspace(chosen), metric, geoid, year, subgroup, measure, release, limit).answer()
    if as_json:
        _print_json(answer)
    else:
        click.echo(words.text(answer, steps or bool(rows), limit))
        if answer["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("metric", required=False)
@click.option("--year", type=int, help="Metric year.")
@click.option("--geography", default="county", show_default=True)
@PROVIDER
def shell(chosen, as_json, metric, year, geography):
    """Open a DuckDB prompt with a metric's views, variables and macros, or with every table of the store."""
    from pipeline.explain import shell as prompt
    from pipeline.run.workspace import Workspace

    prompt.run(Workspace.of(chosen), metric, year, geography)


@command(main)
@click.argument("sources", nargs=-1, metavar="[SOURCE[@VINTAGE]]...")
@PROVIDER
@click.option("--list", "only_list", is_flag=True, help="Download nothing; show where every file comes from.")
def fetch(chosen, as_json, sources, only_list):
    """Download the named sources, or show where each raw file comes from and how to get it by hand."""
    from pipeline import catalog as catalogs
    from pipeline.connectors import fetch as fetching
    from pipeline.run.workspace import Workspace

    entries, landing = catalogs.load(chosen.method), Workspace.of(chosen).landing
    if sources and not only_list:
        tell = functools.partial(click.echo, err=True)
        revisions = fetching.fetch(entries, landing, chosen.provider, sources, tell)
        click.echo(f"{len(revisions)} files landed in {chosen.raw}", err=True)
    wanted = fetching.listing(entries, landing, chosen.provider, sources)
    if as_json:
        _print_json(show.fetch_json(wanted))
    else:
        click.echo(show.fetch_text(entries, wanted))


@command(main)
@click.argument("directory", type=click.Path())
def sample(chosen, as_json, directory):
    """Write the synthetic raw sample (a few counties and places, made-up numbers) into DIRECTORY."""
    from pipeline.sample import write_sample

    target = Path(directory)
    if target.exists() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty; the sample is only written into a new or empty directory.")
    written = write_sample(target)
    if as_json:
        _print_json({"directory": str(target.resolve()), "files": [str(path) for path in written], "synthetic": True})
    else:
        click.echo(f"{len(written)} SYNTHETIC raw files in {target.resolve()}")
        click.echo(f"Next: mobility build --raw {os.path.relpath(target)}")
