"""The command line (design §4.3). Every command takes --raw, --store and --json; errors end in one paragraph.

What takes time to import is imported by the commands that need it: --help is quick, and Ctrl-C is told in a line from the
first moment on.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path

import click

from pipeline import SYNTHETIC, interrupts
from pipeline.cli import show
from pipeline.errors import CheckFailed, MobilityError, StoreError, UsageError, unknown
from pipeline.settings import Settings, collect_rarely

INTERRUPTED = "Interrupted. What was finished is kept; the same command goes on from there."


def command(group, name=None, method=False):
    """A command with the common options; MobilityErrors become one paragraph and their exit code."""

    def wrap(function):
        @functools.wraps(function)
        def run(raw, store, as_json, **options):
            choices = {
                name: options.pop(name, None) for name in ("method", "provider", "threads", "memory", "processes")
            }
            providers_of = options.pop("providers_of", ())
            with interrupts.noticed() as interrupted:
                try:
                    from pipeline.catalog import editions

                    chosen = Settings.of(raw, store, **choices)
                    if chosen.method not in editions.known():
                        raise unknown("method", chosen.method, editions.known())
                    if providers_of:
                        chosen = _mixed(chosen, providers_of)
                    code = function(chosen, as_json, **options)
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt) or interrupted():
                        _sweep(store)
                        _fail(INTERRUPTED, interrupts.EXIT_CODE, as_json)
                    # A reader that has seen enough (head) is no fault of the store; click ends quietly.
                    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                        error = StoreError(error)
                    if not isinstance(error, MobilityError):
                        raise
                    _fail(error, error.exit_code, as_json)
            # Python would look for cycles once more before it ends, a third of a second after a large plan.
            gc.freeze()
            sys.exit(code or 0)

        if method:
            run = click.option(
                "--method", help="Edition of the method: 2025 (default), 2026, corrected or published (imported)."
            )(run)
        run = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(run)
        run = click.option("--store", type=click.Path(), help="Store directory (MOBILITY_STORE, else data/store).")(run)
        run = click.option("--raw", type=click.Path(), help="Raw directory (MOBILITY_RAW, else data/raw).")(run)
        return group.command(name or function.__name__, epilog=EXAMPLES.get(name or function.__name__))(run)

    return wrap


PROVIDER = click.option("--provider", type=click.Choice(["census", "ipums"]), help="Where ACS microdata come from.")
PROVIDER_OF = click.option(
    "--provider-of",
    "providers_of",
    multiple=True,
    metavar="STATE[@VINTAGE]=PROVIDER",
    help="Another provider for this state's microdata (17=ipums, IL@2018_1-Year=ipums); may be repeated.",
)
EXAMPLES = {
    "build": "Example: mobility build --metric living-wage --year 2022 --geography county",
    "audit": 'Example: mobility audit living-wage --geoid 37067 --year 2022 --subgroup "Goods Producing"',
    "explain": "Example: mobility explain living-wage, or mobility explain employment --method 2026 --sql",
    "find": 'Example: mobility find forsyth, or mobility find "Doña Ana", or mobility find 3706',
    "get": "Example: mobility get living-wage --geoid 37067 --geoid 37081 --years 2018-2022 --subgroup All --csv",
    "pack": "Example: mobility pack 2026.1, then elsewhere: mobility build --geography triad.csv --from-pack 2026.1.zip",
    "region": "Example: mobility region triad.csv, then mobility build --geography triad.csv",
    "release": "Example: mobility release 2026.1",
    "diff": "Example: mobility diff 2025.1 2026.1 --why, or mobility diff published:2025.1 latest",
    "import-published": "Example: mobility import-published downloads --release 2025.1, then mobility diff published:2025.1 latest",
    "verify": "Example: mobility verify 2025.1, or mobility verify latest",
    "rebuild": "Example: mobility rebuild 2025.1",
    "releases": "Example: mobility releases --method published",
    "shell": "Example: mobility shell living-wage --year 2022, or echo 'FROM staged.tract_county;' | mobility shell",
    "sample": "Example: mobility sample data/raw",
    "fetch": "Example: mobility fetch bls_qcew@2023",
    "catalog": "Example: mobility catalog living-wage, or mobility catalog acs_pums",
    "status": "Example: mobility status --metric living-wage",
}


def _sweep(store) -> None:
    """Remove what Ctrl-C left between two steps of this process's own tidying."""
    from pipeline.store.store import open_store

    with contextlib.suppress(OSError):
        open_store(Settings.of(store=store).store).sweep()


def _fail(error, exit_code: int, as_json: bool):
    if as_json:
        click.echo(json.dumps({"error": str(error), "exit_code": exit_code}))
    click.echo(f"mobility: {error}", err=True)
    sys.exit(exit_code)


def _store(chosen: Settings):
    """The store of a command, as pipeline.api gives it."""
    from pipeline.api import Store

    return Store(chosen)


def _mixed(chosen: Settings, providers_of: tuple[str, ...]) -> Settings:
    """The settings with a mix of providers."""
    from pipeline import catalog as catalogs
    from pipeline.plan import providers

    mix = providers.mixed(catalogs.load(chosen.method), chosen.provider, providers_of)
    return replace(chosen, provider=mix)


def _print_json(content) -> None:
    click.echo(json.dumps(content, indent=1, ensure_ascii=False, default=str))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="mobility")
def main():
    """Rebuild the Mobility Metrics from raw public data; every number a function of named, hashed inputs."""
    collect_rarely()


@command(main, method=True)
@click.option("--metric", "metrics", multiple=True, metavar="SLUG", help="Only this metric; may be repeated.")
@click.option("--year", "years", multiple=True, type=int, help="Only this year; may be repeated.")
@click.option(
    "--geography",
    "geographies",
    multiple=True,
    metavar="county|place|FILE",
    help="Only this geography: county, place, a region file, or the name of one that was built; may be repeated.",
)
@click.option(
    "--subgroup",
    "subgroup_files",
    multiple=True,
    metavar="FILE",
    help="Divide the survey metrics by the labels of this file (or a name of one that was built); may be repeated.",
)
@click.option(
    "--from-pack",
    "from_pack",
    metavar="FILE",
    help="Land this sums pack first: with it regions are computed where no microdata are landed.",
)
@PROVIDER
@PROVIDER_OF
@click.option(
    "--accept-partial",
    "accepted",
    multiple=True,
    metavar="SOURCE[@VINTAGE]",
    help="Take this source's files as they are, partial or gone; may be repeated. Table and release tell it.",
)
@click.option("--force", is_flag=True, help="Build also what is up to date.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    help="Tables made at the same time (MOBILITY_PROCESSES; default: one per core where there is much to do).",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads per table (MOBILITY_THREADS).")
@click.option("--memory", metavar="SIZE", help="Memory per table, for example 4GB (MOBILITY_MEMORY).")
def build(chosen, as_json, metrics, years, geographies, subgroup_files, from_pack, accepted, force):
    """Build exactly what is out of date, from raw files to metric tables; keep going where one metric fails."""
    from pipeline import build as building

    progress = show.Progress(quiet=as_json)
    try:
        built = _store(chosen).build(
            metrics,
            years,
            geographies,
            subgroups=subgroup_files,
            from_pack=from_pack,
            accept_partial=accepted,
            force=force,
            on_start=progress.start,
            on_outcome=progress,
            raise_failures=False,
        )
    finally:
        progress.end()
    if as_json:
        _print_json(built.report)
    else:
        click.echo(show.build_summary(built.report))
        if built.report["synthetic"]:
            click.echo(SYNTHETIC)
    for line in building.failures(built.outcomes):
        click.echo(f"mobility: {line}", err=True)
    if not built.steps and all(outcome.status == "input missing" for outcome in built.outcomes):
        click.echo("mobility: Nothing was built: of every table asked for an input is missing.", err=True)
    return built.report["exit_code"]


@command(main, method=True)
@click.option("--metric", "metrics", multiple=True, metavar="SLUG", help="Only this metric.")
@PROVIDER
@PROVIDER_OF
def status(chosen, as_json, metrics):
    """Show for every metric and year what is missing, landed, built, checked and released, and what is stale."""
    from pipeline.explain.status import matrix

    workspace = _store(chosen).workspace()
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
@click.argument("name", required=False, metavar="[METRIC|SOURCE]")
def catalog(chosen, as_json, name):
    """Show what exists: metrics with years, subgroups, sources and quirks; one metric or source in full."""
    from pipeline import catalog as catalogs

    entries = catalogs.load(chosen.method)
    if as_json:
        _print_json(show.catalog_json(entries, name))
    else:
        click.echo(show.catalog_text(entries, name))


@command(main, method=True)
@click.argument("metric")
@click.option("--sql", is_flag=True, help="With the SQL of every step.")
def explain(chosen, as_json, metric, sql):
    """Explain a metric's method in words: what it is, sources, every step, quality, suppression, editions, quirks."""
    from pipeline.explain import method

    answer = _store(chosen).explain(metric)
    if as_json:
        _print_json(answer)
    else:
        click.echo(method.text(answer, sql))


@command(main, method=True)
@click.argument("name", nargs=-1, required=True)
def find(chosen, as_json, name):
    """Find the GEOIDs of counties and places by part of a name, state or code, in any case, with or without accents."""
    from pipeline.cli import values
    from pipeline.explain import lookup
    from pipeline.run.workspace import Workspace

    found = lookup.find(Workspace.of(chosen), " ".join(name))
    if as_json:
        _print_json(lookup.as_rows(found))
    else:
        click.echo(values.areas_text(found))


@command(main, method=True)
@click.argument("metric")
@click.option("--geoid", "geoids", multiple=True, help="County (5 digits) or place (7 digits); may be repeated.")
@click.option("--year", "named_years", multiple=True, type=int, help="Only this year; may be repeated.")
@click.option("--years", "spans", multiple=True, metavar="FIRST-LAST,…", help="Only these years: 2018-2021,2023.")
@click.option("--measure", "measures", multiple=True, help="Only this published variable; may be repeated.")
@click.option("--subgroup", "subgroups", multiple=True, help="Only this label, type or type/label; may be repeated.")
@click.option("--geography", help="Every area of county, place or a custom geography, where no --geoid narrows it.")
@PROVIDER
@PROVIDER_OF
@click.option("--csv", "as_csv", is_flag=True, help="Print as CSV: GEOIDs are text, what is not available is empty.")
def get(chosen, as_json, metric, geoids, named_years, spans, measures, subgroups, geography, as_csv):
    """Show a metric's values with bounds, quality and notes, from the store's tables; everything that is not narrowed."""
    from pipeline.cli import values
    from pipeline.explain import lookup
    from pipeline.region.asked import of_labels
    from pipeline.run.workspace import Workspace

    if as_csv and as_json:
        raise UsageError("Give either --csv or --json.")
    years, ranges = list(named_years), []
    for span in spans:
        more_years, more_ranges = lookup.years_of(span)
        years, ranges = years + more_years, ranges + more_ranges
    asked = lookup.Asked(metric, geoids, tuple(years), tuple(ranges), measures, subgroups, geography)
    answer = lookup.Values(of_labels(Workspace.of(chosen), subgroups), asked).answer()
    if as_json:
        _print_json(answer)
    elif as_csv:
        click.echo(values.values_csv(answer), nl=False)
    else:
        click.echo(values.values_text(answer))
    if not as_json:
        for note in answer["notes"]:
            click.echo(f"mobility: {note}", err=True)
        if answer["synthetic"]:
            click.echo(SYNTHETIC, err=True)
    return 0 if answer["checks_passed"] else CheckFailed.exit_code


@command(main, method=True)
@click.argument("file", metavar="FILE")
def region(chosen, as_json, file):
    """Check a region file and describe it: parts, residents, overlaps, which metrics it can have, what is unknown."""
    from pipeline.cli import regions

    found = _store(chosen).region(file)
    if as_json:
        _print_json(found)
    else:
        click.echo(regions.text(found))


@command(main, method=True)
@click.argument("version")
@PROVIDER
@PROVIDER_OF
@click.option("--allow-failed-check", "checks", multiple=True, metavar="NAME", help="Publish although it failed.")
@click.option("--because", "reasons", multiple=True, metavar="TEXT", help="Why; one for every --allow-failed-check.")
def release(chosen, as_json, version, checks, reasons):
    """Publish the built metrics as files of the published layout, with Parquet and metadata."""
    if len(checks) != len(reasons) or not all(reasons):
        raise UsageError("Every --allow-failed-check needs a --because, and every --because a check.")
    manifest = _store(chosen).release(
        version,
        allow_failed_checks=dict(zip(checks, reasons, strict=True)),
        on_file=lambda stem, rows: as_json or click.echo(f"  {stem}.csv  {rows:,} rows"),
    )
    if as_json:
        _print_json(manifest)
    else:
        for note in manifest["notes"]:
            click.echo(f"Note: {note}")
        click.echo(f"Release {version} is in {manifest['path']}")
        if manifest["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("version")
@PROVIDER
def pack(chosen, as_json, version):
    """Write the sums pack of a release: with it anyone computes regions of the share metrics without microdata."""
    written = _store(chosen).pack(
        version, on_table=lambda name, rows: as_json or click.echo(f"  {name}  {rows:,} rows")
    )
    if as_json:
        _print_json(written)
    else:
        click.echo(f"The sums pack of {written['version']} is {written['path']} ({written['bytes'] / 1e6:,.1f} MB)")
        click.echo(f"Next: mobility build --geography FILE --from-pack {os.path.basename(written['path'])}")
        if written["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
def releases(chosen, as_json):
    """List the releases of the method, oldest first."""
    from pipeline.publish.versions import versions
    from pipeline.store.store import open_store

    store = open_store(chosen.store)
    found = [
        {"version": each.name, "path": f"{store.location}/{each.address}"}
        | {
            name: value
            for name, value in store.read_json(f"{each.address}/manifest.json").items()
            if name in ("method", "code_version", "synthetic", "allowed_failed_checks")
        }
        for each in versions(store, chosen.method)
    ]
    if as_json:
        _print_json(found)
    else:
        click.echo(show.releases_text(found))


@command(main, method=True)
@click.argument("version")
def verify(chosen, as_json, version):
    """Look whether a release is what was published: hashes of all files, CSV files against cells, checks of the tables."""
    from pipeline import catalog as catalogs
    from pipeline.publish import verify as verification
    from pipeline.publish.versions import released
    from pipeline.store.store import open_store

    store = open_store(chosen.store)
    found = released(store, version, chosen.method)
    results = verification.verify(store.folder(found.address), catalogs.load(chosen.method))
    failed = [each for each in results if not each["passed"]]
    if as_json:
        _print_json({"version": found.name, "passed": not failed, "results": results})
    else:
        for each in failed:
            click.echo(f"{each['file']}: {each['name']}: {each['found']}")
        told = f"{len(failed)} of {len(results)} are not as published" if failed else "all as published"
        click.echo(f"Release {found.name}: {len(results)} files and tables looked at, {told}.")
    return CheckFailed.exit_code if failed else 0


@command(main, method=True)
@click.argument("version")
def rebuild(chosen, as_json, version):
    """Make a release again from its manifest, aside, and tell whether it is the same bit for bit."""
    from pipeline.explain.rebuilt import rebuild as make_again
    from pipeline.publish.versions import released

    workspace = _store(chosen).workspace()
    found = released(workspace.store, version, chosen.method)
    answer = make_again(workspace, found, lambda label: as_json or click.echo(f"  {label}"))
    if as_json:
        _print_json(answer)
    else:
        click.echo(show.rebuild_text(answer))
    return 0 if answer["equal"] else CheckFailed.exit_code


@command(main, name="import-published")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--release", "version", metavar="VERSION", help="Release what was imported under this version.")
def import_published(chosen, as_json, folder, version):
    """Read published files into metric tables of the method published, to release, compare and show them.

    DIR holds files of metrics or combined files, plain or .gz, as they were downloaded. A file with a date after its name
    only fills what files without one leave open.
    """
    from pipeline.publish.imported import METHOD, Import
    from pipeline.publish.release import Release
    from pipeline.run.workspace import Workspace

    workspace = Workspace.of(replace(chosen, method=METHOD))
    unfinished = Release(workspace, version) if version else None
    report = Import(workspace, folder, lambda name: as_json or click.echo(f"  {name}")).run()
    manifest = (
        unfinished.publish(lambda stem, rows: as_json or click.echo(f"  {stem}.csv  {rows:,} rows"))
        if version
        else None
    )
    if as_json:
        _print_json(vars(report) | {"release": manifest})
    else:
        click.echo(show.import_summary(report, workspace.store.location, version))


@command(main, method=True)
@click.argument("old")
@click.argument("new")
@click.option(
    "--why", is_flag=True, help="Tell for the changed cells which input, code, method or suppression differs."
)
def diff(chosen, as_json, old, new, why):
    """Compare two releases, or two folders of published files; exit code 1 where they differ.

    OLD and NEW are a release of the chosen method, METHOD:VERSION for another one's, latest, or a folder.
    """
    from pipeline.publish import diff as differences
    from pipeline.publish import why as reasons

    report = _store(chosen).diff(old, new, why=why, every=as_json)
    if as_json:
        _print_json(report)
    else:
        click.echo(differences.as_markdown(report, old, new) + (reasons.as_markdown(report["why"]) if why else ""))
    return 1 if report["different"] else 0


def _rows(value: str) -> int | str:
    """A number of rows from 1 on, or all."""
    if value != "all" and not (value.isdigit() and int(value)):
        raise click.BadParameter(f"expected a number from 1 on, or all; found {value!r}")
    return value if value == "all" else int(value)


@command(main, method=True)
@click.argument("metric")
@click.option(
    "--geoid",
    "--region",
    "geoid",
    required=True,
    help="County (5 digits) or place (7 digits) with leading zeros, or a region.",
)
@click.option("--year", required=True, type=int)
@click.option(
    "--subgroup", default="All", show_default=True, help="Label, or type/label where All is ambiguous (industry/All)."
)
@click.option("--measure", help="Published variable; the metric's first one if not given.")
@click.option(
    "--release", metavar="VERSION", help="The number as this release has it; the store's of today if not given."
)
@click.option("--geography", metavar="NAME", help="County, place or a region file's name, where the code does not say.")
@click.option("--steps", is_flag=True, help="Show every step with its SQL and rows.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it all as one page into this file."
)
@click.option("--rows", type=_rows, metavar="all|N", help="Rows of a step: 5 if not given, 50 with --json.")
@PROVIDER
@PROVIDER_OF
def audit(chosen, as_json, metric, geoid, year, subgroup, measure, release, geography, steps, html, rows):
    """Show how one published number came about: raw rows, crosswalk rows, SQL, each step's result, hashes."""
    from pipeline.api import page
    from pipeline.explain import SHOWN_ROWS, words

    # Readers and functions in Python need pandas. Its import takes half a second, while which DuckDB can walk the steps.
    threading.Thread(target=importlib.import_module, args=("pandas",)).start()
    limit = rows or (SHOWN_ROWS if as_json or html else words.SHOWN_ROWS)
    limit = None if limit == "all" else limit
    asked = (metric, geoid, year, subgroup, measure)
    answer = _store(chosen).audit(*asked, release=release, geography=geography, rows=limit)
    if html:
        html.write_text(page(answer), encoding="utf-8")
    if as_json:
        _print_json(answer)
    elif html:
        click.echo(f"The audit is in {html}")
    else:
        click.echo(words.text(answer, steps or bool(rows), limit))
        if answer["synthetic"]:
            click.echo(SYNTHETIC)


@command(main, method=True)
@click.argument("metric", required=False)
@click.option("--year", type=int, help="Metric year.")
@click.option("--geography", default="county", show_default=True)
@PROVIDER
@PROVIDER_OF
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
    existed = target.exists()
    try:
        written = write_sample(target)
    except BaseException:
        # A sample cut short would stand in the way of the next one.
        shutil.rmtree(target, ignore_errors=True)
        if existed:
            target.mkdir()
        raise
    if as_json:
        _print_json({"directory": str(target.resolve()), "files": [str(path) for path in written], "synthetic": True})
    else:
        click.echo(f"{len(written)} SYNTHETIC raw files in {target.resolve()}")
        click.echo(f"Next: mobility build --raw {os.path.relpath(target)}")
