"""The benchmark: ``make bench`` or ``python -m tests.benchmark.run [--scale 0.02] [--work DIR]``.

Generates national microdata of true size (about 5 GB of gzip), stages them, computes every ACS metric, and sets that
beside the bare reading of the same files, R's survey package and pandas. Each figure comes from a process of its own.
Prints a table and writes <work>/results.json. Nothing here passes or fails by its speed; docs/performance.md has the
figures and what they mean.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from pipeline import catalog, settings
from tests.benchmark import generate, one_state, prepare, process

TABLES = ("acs_person", "acs_household")
METRICS = (
    "employment",
    "college-readiness",
    "preschool",
    "income-percentiles",
    "digital-access",
    "housing-wealth",
    "housing-affordability",
)
REFERENCE = settings.PROJECT / "tests" / "benchmark" / "reference.R"


class Report:
    """Rows of the table: what, measured, and a remark."""

    def __init__(self, target: Path):
        self.target, self.rows, self.details = target, [], {}

    def add(self, what: str, measured: process.Measured, remark: str = "") -> process.Measured:
        """Print one row and keep it."""
        self.rows.append({"what": what, **asdict(measured), "remark": remark})
        print(
            f"{what:<46} {measured.seconds:>9.2f} {measured.cpu_seconds:>9.2f} {measured.peak_mb:>9.0f}  {remark}",
            flush=True,
        )
        self.save()
        return measured

    def save(self) -> None:
        """Write what is measured so far as JSON."""
        self.target.write_text(json.dumps({"rows": self.rows, **self.details}, indent=1), encoding="utf-8")


def staging(report: Report, work: Path, raw: Path) -> None:
    """csv.gz to Parquet, against reading the same gzip files to their end."""
    for vintage in generate.VINTAGES:
        for table in TABLES:
            letter = table[4]
            files = sorted((raw / "acs_pums" / vintage.name).glob(f"psam_{letter}us*.csv.gz"))
            bare = report.add(
                f"gzip -dc {vintage.name} {letter}",
                process.run(["sh", "-c", 'gzip -dc "$@" > /dev/null', "sh", *map(str, files)]),
                f"{sum(file.stat().st_size for file in files) / 1e6:,.0f} MB",
            )
            staged = process.task("stage", work, table, vintage.name)
            report.add(
                f"stage {table} {vintage.name}",
                staged,
                f"{staged.told['rows']:,} rows, {staged.seconds / bare.seconds:.2f} x gzip -dc",
            )


def metrics(report: Report, work: Path) -> None:
    """Every ACS metric for all areas and subgroups, against a bare scan of the same columns."""
    known = catalog.load().metrics
    for slug in METRICS:
        if slug not in known:
            print(f"{slug}: not in the catalog")
            continue
        process.task("inputs", work, slug)
        built = report.add(f"metric {slug}", process.task("metric", work, slug))
        profile = process.task("profile", work, slug).told
        scanned = process.task("scan", work, slug, json.dumps(profile.pop("columns")))
        report.add(
            f"scan of the same columns, {slug}",
            scanned,
            f"metric = {built.seconds / scanned.seconds:.1f} x scan (county and place: two scans)",
        )
        report.details.setdefault("profiles", {})[slug] = profile
        report.save()


def references(report: Report, work: Path) -> None:
    """Employment of one state: our SQL, pandas and R on the same persons, and whether they agree."""
    for vintage in generate.VINTAGES:
        sample = vintage.name[5:]
        size = process.task("state_input", work, sample).told
        if not size["records"]:
            print(f"one state, {sample}: every county is suppressed at this scale, nothing to compare")
            continue
        runs = {"ours": process.task("state_ours", work, sample), "pandas": process.task("state_pandas", work, sample)}
        if shutil.which("Rscript"):
            files = one_state.paths(work, sample)
            runs["survey"] = process.run(["Rscript", str(REFERENCE), str(files["records"]), str(files["survey"])])
        else:
            print("R is not installed: no comparison with the survey package")
        for name, measured in runs.items():
            remark = f"estimation alone {measured.told['estimation']:.3f} s"
            if name != "ours":
                ratio = measured.told["estimation"] / runs["ours"].told["estimation"]
                remark += f" = {ratio:.0f} x ours, {one_state.difference(work, sample, name)}"
            report.add(f"one state, {sample}, {size['persons']:,} persons: {name}", measured, remark)


def builds(report: Report, work: Path) -> None:
    """The command line on the bundled sample (cold, nothing to do, release) and on the real raw files."""

    def mobility(what, *arguments, raw, store):
        command = [sys.executable, "-m", "pipeline.cli", *arguments]
        try:
            report.add(
                what, process.run([*command, "--raw", str(raw), "--store", str(store)], stderr=subprocess.DEVNULL)
            )
        except subprocess.CalledProcessError as error:
            print(f"{what}: ended with exit code {error.returncode}: {error.output[-300:]}")

    for folder in ("sample-raw", "sample-store", "real-store"):
        shutil.rmtree(work / folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "sample", str(work / "sample-raw")],
        check=True,
        cwd=settings.PROJECT,
        stdout=subprocess.DEVNULL,
    )
    places = {"raw": work / "sample-raw", "store": work / "sample-store"}
    mobility("build of the sample, cold", "build", **places)
    mobility("build of the sample, nothing to do", "build", **places)
    mobility("release of the sample", "release", "2025.1", **places)
    if prepare.REAL.is_dir():
        mobility("build of all real inputs, cold", "build", raw=prepare.REAL, store=work / "real-store")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1, help="share of the true number of records (default 1)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("/tmp/mobility-benchmark"),
        help="folder for generated files, tables and results (25 GB at true size)",
    )
    parser.add_argument(
        "--only",
        choices=["staging", "metrics", "references", "builds"],
        action="append",
        help="parts to measure (default: all)",
    )
    chosen = parser.parse_args()
    work = chosen.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    # In a process of its own: the peak memory of a process counts for the processes that it starts
    process.task("prepare", work, chosen.scale)
    raw = work / "raw"
    print(f"generated in {time.monotonic() - started:.0f} s\n{'':<46} {'seconds':>9} {'cpu':>9} {'peak MB':>9}")
    report = Report(work / "results.json")
    report.details["scale"] = chosen.scale
    parts = {
        "staging": lambda: staging(report, work, raw),
        "metrics": lambda: metrics(report, work),
        "references": lambda: references(report, work),
        "builds": lambda: builds(report, work),
    }
    for name, part in parts.items():
        if not chosen.only or name in chosen.only:
            part()
    print(f"written: {report.target}")


if __name__ == "__main__":
    main()
