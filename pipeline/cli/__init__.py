"""The command line (design §4.3). Every command takes --raw, --store and --json; errors end in one paragraph."""

from __future__ import annotations

import functools
import json
import os
import sys
from pathlib import Path

import click

from pipeline import show
from pipeline.errors import MobilityError, UsageError
from pipeline.settings import Settings

SYNTHETIC = "SYNTHETIC DATA: the raw directory is the made-up sample; no number is real."


def command(group, name=None, method=False):
    """A command with the common options; MobilityErrors become one paragraph and their exit code."""

    def wrap(function):
        @functools.wraps(function)
        def run(raw, store, as_json, **options):
            chosen = Settings.of(raw, store, method=options.pop("method", None), provider=options.pop("provider", None))
            try:
                code = function(chosen, as_json, **options)
            except MobilityError as error:
                _fail(error, as_json)
            sys.exit(code or 0)

        if method:
            run = click.option("--method", help="Rules to follow: 2025 (default), 2026 or corrected.")(run)
        run = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(run)
        run = click.option("--store", type=click.Path(), help="Store directory (MOBILITY_STORE, else data/store).")(run)
        run = click.option("--raw", type=click.Path(), help="Raw directory (MOBILITY_RAW, else data/raw).")(run)
        return group.command(name or function.__name__, epilog=EXAMPLES.get(name or function.__name__))(run)

    return wrap


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
@click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
@click.option("--force", is_flag=True, help="Build also what is up to date.")
@click.option("--threads", type=int, hidden=True)
def build(chosen, as_json, metrics, years, geographies, force, threads):
    """Build exactly what is out of date, from raw files to metric tables; keep going where one metric fails."""
    from dataclasses import replace

    from pipeline.build import build as build_steps
    from pipeline.runner import Runner, store_lock

    unknown = [name for name in geographies if name not in ("county", "place")]
    if unknown:
        raise UsageError(f"Unknown geography {unknown[0]!r}: expected county or place.")
    chosen = replace(chosen, threads=threads)
    if not chosen.raw.is_dir():
        from pipeline.errors import InputError

        raise InputError(
            "The raw directory does not exist",
            file=chosen.raw,
            expected="a directory of raw files",
            found="nothing",
            advice="Give --raw or MOBILITY_RAW, or make a sample: mobility sample DIR",
        )
    with store_lock(chosen):
        progress = show.Progress(quiet=as_json)
        runner = Runner(chosen, force, progress)
        steps = runner.metric_steps(metrics, years, geographies)
        if not (metrics or years or geographies):
            steps += runner.geography_steps()
        build_steps(runner, steps)
    synthetic = runner.plan.landing.is_synthetic()
    if as_json:
        _print_json(runner.summary() | {"synthetic": synthetic})
    else:
        click.echo(show.build_summary(runner, len(steps)))
        if synthetic:
            click.echo(SYNTHETIC)
    for outcome in runner.outcomes.values():
        if outcome.exit_code:
            click.echo(f"mobility: {outcome.step}: {outcome.message}", err=True)
    return runner.exit_code


@command(main, method=True)
@click.option("--metric", "metrics", multiple=True, metavar="SLUG", help="Only this metric.")
def status(chosen, as_json, metrics):
    """Show for every metric and year what is missing, landed, built, checked and released, and what is stale."""
    from pipeline.plan import Plan
    from pipeline.status import matrix

    plan = Plan(chosen)
    for slug in metrics:
        plan.catalog.metric(slug)
    entries = [entry for entry in matrix(plan) if not metrics or entry["metric"] in metrics]
    if as_json:
        _print_json(entries)
    else:
        click.echo(show.status_table(entries))
        if plan.landing.is_synthetic():
            click.echo(SYNTHETIC)


@command(main)
@click.argument("metric", required=False)
def catalog(chosen, as_json, metric):
    """Show what exists: metrics with years, subgroups, sources and quirks, or one metric in full."""
    from pipeline import catalog as catalogs

    entries = catalogs.load()
    if as_json:
        _print_json(show.catalog_json(entries, metric))
    else:
        click.echo(show.catalog_text(entries, metric))


@command(main, method=True)
@click.argument("version")
def release(chosen, as_json, version):
    """Publish the built metrics as files of the published layout, with Parquet and metadata."""
    from pipeline.release import Release
    from pipeline.runner import Runner, store_lock

    with store_lock(chosen):
        runner = Runner(chosen)
        unfinished = Release(runner, version)
        manifest = unfinished.publish(lambda stem, rows: as_json or click.echo(f"  {stem}.csv  {rows:,} rows"))
        runner.plan.landing.save()
    if as_json:
        _print_json(manifest | {"path": str(unfinished.target)})
    else:
        for note in manifest["notes"]:
            click.echo(f"Note: {note}")
        click.echo(f"Release {version} is in {unfinished.target}")
        if manifest["synthetic"]:
            click.echo(SYNTHETIC)


@command(main)
@click.argument("old")
@click.argument("new")
def diff(chosen, as_json, old, new):
    """Compare two releases, or two folders of published files; exit code 1 where they differ."""
    from pipeline import diff as differences

    def folder(name):
        path = chosen.store / "releases" / name
        return path if path.is_dir() else Path(name)

    report = differences.compare(folder(old), folder(new))
    if as_json:
        _print_json(report)
    else:
        click.echo(differences.as_markdown(report, old, new))
    return 1 if report["different"] else 0


@command(main, method=True)
@click.argument("metric")
@click.option("--geoid", required=True, help="County (5 digits) or place (7 digits), with leading zeros.")
@click.option("--year", required=True, type=int)
@click.option(
    "--subgroup", default="All", show_default=True, help="Label, or type/label where All is ambiguous (industry/All)."
)
@click.option("--measure", help="Published variable; the metric's first one if not given.")
@click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
def audit(chosen, as_json, metric, geoid, year, subgroup, measure):
    """Show how one published number came about: raw rows, crosswalk rows, SQL, each step's result, hashes."""
    from pipeline.audit import Audit
    from pipeline.plan import Plan

    plan = Plan(chosen)
    answer = Audit(plan, metric, geoid, year, subgroup, measure).answer()
    if as_json:
        _print_json(answer)
    else:
        click.echo(show.audit_text(answer))
        if answer["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("metric", required=False)
@click.option("--year", type=int, help="Metric year.")
@click.option("--geography", default="county", show_default=True)
@click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
def shell(chosen, as_json, metric, year, geography):
    """Open a DuckDB prompt with a metric's views, variables and macros, or with every table of the store."""
    from pipeline import shell as prompt

    prompt.run(chosen, metric, year, geography)


@command(main)
@click.argument("sources", nargs=-1, metavar="[SOURCE[@VINTAGE]]...")
@click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
@click.option("--list", "only_list", is_flag=True, help="Download nothing; show where every file comes from.")
def fetch(chosen, as_json, sources, only_list):
    """Download the named sources, or show where each raw file comes from and how to get it by hand."""
    from pipeline import catalog as catalogs
    from pipeline import fetch as fetching

    entries = catalogs.load()
    if sources and not only_list:
        from pipeline.runner import store_lock

        with store_lock(chosen):
            revisions = fetching.fetch(entries, chosen, sources, lambda text: click.echo(text, err=True))
        click.echo(f"{len(revisions)} files landed in {chosen.raw}", err=True)
    wanted = fetching.listing(entries, chosen, sources)
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


if __name__ == "__main__":
    main()
