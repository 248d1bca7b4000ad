"""The benchmark: ``make bench`` or ``python -m tests.benchmark.run [--scale 0.02] [--work DIR] [--only PART]...``.

Measures every budget of the design (section 6) and prints a table: budget, measured, and their ratio, which is the share
of the budget that is used (for a minimum: of the measured value that the minimum asks for), so that up to 1 is met.
Each part prepares what it needs and does not count it. Writes <work>/<scale>/results.json. Nothing here passes or fails
by its speed; docs/performance.md has the figures and what they mean.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from functools import cached_property
from importlib import metadata
from pathlib import Path

from pipeline import settings
from tests.benchmark import generate, prepare, process, reference

REFERENCE = settings.PROJECT / "tests" / "benchmark" / "reference.R"
YEAR = 2021
GB = 1000
# Estimator of a metric (None: its own SQL) -> most that county and place may take as a multiple of the scan, and in MB
OF_METRICS = {"share": (2.5, 2 * GB), "assigned": (2.5, 2 * GB), None: (2.5, 2 * GB), "quantile": (8, 4 * GB)}
# Seconds for one region
REGION = {"share": 0.3, "quantile": 2}


class Report:
    """The table: what, measured, budget, ratio and a remark; saved after every row."""

    def __init__(self, target: Path, **facts):
        self.target, self.facts, self.rows, self.parts = target, facts, [], {}
        print(f"{'':<58}{'measured':>12}{'budget':>12}{'ratio':>7}  met")

    def add(self, what: str, measured: float, budget: float, unit: str, remark: str = "", at_least=False) -> None:
        """One budget and what was measured, both in ``unit``."""
        ratio = (budget / measured if measured else float("inf")) if at_least else measured / budget
        row = {"what": what, "measured": measured, "budget": budget, "unit": unit, "at_least": at_least}
        self.rows.append(row | {"ratio": ratio, "met": ratio <= 1, "remark": remark})
        sign, met = (">=" if at_least else "<="), ("yes" if ratio <= 1 else "NO")
        amount = f"{measured:,.2f} {unit}" if unit != "MB" else f"{measured:,.0f} {unit}"
        print(f"{what:<58}{amount:>12}{f'{sign} {budget:g} {unit}':>12}{ratio:>7.2f}  {met:<4}{remark}")
        self.save()

    def skip(self, what: str, why: str) -> None:
        """A budget that could not be measured."""
        self.rows.append({"what": what, "met": None, "remark": why})
        print(f"{what:<58}{'–':>12}  {why}")
        self.save()

    @contextlib.contextmanager
    def measuring(self, what: str):
        """A failure is a row of the table and does not end the others."""
        try:
            yield
        except subprocess.CalledProcessError as error:
            self.skip(
                what, f"failed with exit code {error.returncode}: {' '.join(error.cmd[2:5])} {error.output[-200:]}"
            )

    def save(self) -> None:
        """Write what is measured so far as JSON."""
        content = {**self.facts, "seconds_of_parts": self.parts, "rows": self.rows}
        self.target.write_text(json.dumps(content, indent=1), encoding="utf-8")


class Benchmark:
    """The parts, each a method; all work below one folder."""

    def __init__(self, folder: Path, scale: float, report: Report):
        self.folder, self.scale, self.report = folder, scale, report

    # -- raw directories, prepared once -----------------------------------------------------------------

    @cached_property
    def national(self) -> Path:
        """The folder of the generated nation."""
        return self.folder / "national"

    @cached_property
    def metrics(self) -> dict[str, str | None]:
        """Metrics of microdata -> estimator. Generates the nation's raw files."""
        started = time.monotonic()
        found = process.task("national", self.national, self.scale).told["metrics"]
        print(f"(the nation's raw files were there or generated in {time.monotonic() - started:.0f} s)")
        return found

    @cached_property
    def sample(self) -> dict[str, Path]:
        """Raw directory and store of the sample, built and released; what that took is ``self.sample_built``."""
        folder = self.folder / "sample"
        shutil.rmtree(folder, ignore_errors=True)
        places = {"raw": folder / "raw", "store": folder / "store"}
        process.mobility("sample", places["raw"], **places)
        self.sample_built = [process.mobility("build", **places), process.mobility("release", "2025.1", **places)]
        return places

    # -- parts ------------------------------------------------------------------------------------------

    def builds(self) -> None:
        """The command line on the sample, on 51 states x 10 years, and on the real raw files."""
        with self.report.measuring("sample, raw to release"):
            places = self.sample
            build, release = self.sample_built
            remark = f"build {build.seconds:.1f} s (exit code {build.code}), release {release.seconds:.1f} s ({release.code})"
            self.report.add("sample, raw to release", build.seconds + release.seconds, 45, "s", remark)
            self._no_op("no-op build of the sample", places)
        with self.report.measuring("no-op build, 51 state files x 10 years"):
            folder = self.folder / "states"
            started = time.monotonic()
            files = process.task("states", folder).told["files"]
            places = {"raw": folder / "raw", "store": folder / "store"}
            process.mobility("build", **places)
            print(f"(51 states x 10 years were there or made and built in {time.monotonic() - started:.0f} s)")
            self._no_op("no-op build, 51 state files x 10 years", places, f", {files:,} files of microdata")
        with self.report.measuring("all real inputs to metrics"):
            self._real()

    def _no_op(self, what: str, places: dict, remark: str = "") -> None:
        measured = process.mobility("build", "--json", **places)
        self.report.add(what, measured.seconds, 2, "s", f"exit code {measured.code}{remark}")

    def _real(self) -> None:
        if not prepare.REAL.is_dir():
            self.report.skip("all real inputs to metrics", f"{prepare.REAL} is absent")
            return
        store = self.folder / "real-store"
        shutil.rmtree(store, ignore_errors=True)
        found = {
            provider: process.mobility("build", "--provider", provider, raw=prepare.REAL, store=store)
            for provider in ("census", "ipums")
        }
        remark = ", ".join(f"{name} {each.seconds:.1f} s (exit code {each.code})" for name, each in found.items())
        self.report.add("all real inputs to metrics", sum(each.seconds for each in found.values()), 60, "s", remark)

    def staging(self) -> None:
        """csv.gz of the 5-year persons to Parquet, against reading the same gzip files to their end."""
        assert self.metrics
        vintage = generate.VINTAGES[-1].name
        files = sorted((self.national / "raw" / "acs_pums" / vintage).glob("psam_pus*.csv.gz"))
        bare = process.run(["sh", "-c", 'gzip -dc "$@" > /dev/null', "sh", *map(str, files)])
        with self.report.measuring("staging 5-year persons"):
            staged = process.task("stage", self.national, "acs_person", vintage)
            remark = f"{staged.told['rows']:,} rows in {staged.seconds:.1f} s, gzip -dc {bare.seconds:.1f} s"
            self.report.add("staging 5-year persons : gzip -dc", staged.seconds / bare.seconds, 1, "x", remark)
            self.report.add("staging 5-year persons, memory", staged.peak_mb, 1 * GB, "MB")

    def of_microdata(self) -> None:
        """Every metric of microdata against a bare scan of the same columns; its areas alone; one region."""
        for slug, estimator in self.metrics.items():
            with self.report.measuring(slug):
                self._metric(slug, estimator)

    def _metric(self, slug: str, estimator: str | None) -> None:
        multiple, memory = OF_METRICS[estimator]
        process.task("inputs", self.national, slug)
        bare = process.task("scan", self.national, slug).told["seconds"]
        built = process.task("metric", self.national, slug)
        seconds = built.told["seconds"]
        remark = f"{', '.join(f'{name} {each:.2f} s' for name, each in seconds.items())}, scan {bare:.2f} s"
        self.report.add(f"{slug} : scan", sum(seconds.values()) / bare, multiple, "x", remark)
        self.report.add(f"{slug}, memory", built.peak_mb, memory, "MB")
        if "sums" in seconds:
            for geography in seconds.keys() - {"sums"}:
                self.report.add(f"{slug}, {geography} from sums", seconds[geography], 3, "s")
        if estimator in REGION:
            region = process.task("region", self.national, slug).told
            self.report.add(
                f"{slug}, one region", region["seconds"], REGION[estimator], "s", f"{region['values']} values"
            )

    def survey(self) -> None:
        """Employment by county, overall, against R's survey package: one state, and every state."""
        if not shutil.which("Rscript"):
            self.report.skip(
                "R survey : records, sums", "R is not installed (apt-get install r-base-core r-cran-survey)"
            )
            return
        assert self.metrics
        process.task("inputs", self.national, reference.SLUG)
        process.task("metric", self.national, reference.SLUG)
        for sample, state in itertools.product(("1-Year", "5-Year"), ("37", reference.EVERY)):
            what = f"R survey, {sample}, state {state}"
            with self.report.measuring(what):
                self._survey(what, sample, state)

    def _survey(self, what: str, sample: str, state: str) -> None:
        if not process.task("reference_input", self.national, sample, state).told["rows"]:
            self.report.skip(what, "every county is suppressed at this scale")
            return
        files = reference.paths(self.national, sample, state)
        by_r = process.run(["Rscript", str(REFERENCE), str(files["records"]), str(files["survey"])]).told["estimation"]
        ours = process.task("reference_ours", self.national, sample, state).told
        difference = process.task("reference_difference", self.national, sample, state).told
        remark = f"{ours['records']:,} records: R {by_r:.2f} s, sums {ours['sums']:.3f} s, areas {ours['areas']:.3f} s"
        self.report.add(f"{what} : records", by_r / (ours["sums"] + ours["areas"]), 50, "x", remark, at_least=True)
        remark = ", ".join(f"{name.replace('_', ' ')} {found}" for name, found in difference.items())
        self.report.add(f"{what} : sums", by_r / ours["areas"], 300, "x", remark, at_least=True)

    def audits(self) -> None:
        """The slowest answer of an audit: of every metric and geography of the sample, and of the nation."""
        with self.report.measuring("audit, sample"):
            self._audits("audit, sample", self.sample, 3)
        with self.report.measuring("audit, nation"):
            for slug in self.metrics:
                process.task("inputs", self.national, slug)
                process.task("current", self.national, slug)
            self._audits("audit, nation", {"raw": self.national / "raw", "store": self.national / "store"}, 10, YEAR)

    def _audits(self, what: str, places: dict, budget: float, *years: int) -> None:
        found = []
        for slug, year, geoid, measure, label in process.task("audited", places["store"].parent, *years).told[
            "audited"
        ]:
            asked = [slug, "--geoid", geoid, "--year", year, "--measure", measure, "--subgroup", label]
            found.append((process.mobility("audit", *asked, **places), f"{slug} {year} {geoid} {label}"))
        slowest, asked = max(found, key=lambda each: each[0].seconds)
        wrong = [what for each, what in found if each.code]
        remark = f"slowest of {len(found)}: {asked}" + (f"; exit code 1: {', '.join(wrong)}" if wrong else "")
        self.report.add(what, slowest.seconds, budget, "s", remark)


PARTS = {
    "builds": Benchmark.builds,
    "staging": Benchmark.staging,
    "metrics": Benchmark.of_microdata,
    "survey": Benchmark.survey,
    "audits": Benchmark.audits,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1, help="share of the true number of records (default 1)")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("/tmp/mobility-benchmark"),
        help="folder for generated files, tables and results (15 GB at true size)",
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="parts to measure (default: all)")
    chosen = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    folder = chosen.work.resolve() / f"{chosen.scale:g}"
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(
        folder / "results.json",
        scale=chosen.scale,
        cores=os.cpu_count(),
        load_before=os.getloadavg()[0],
        duckdb=metadata.version("duckdb"),
    )
    benchmark = Benchmark(folder, chosen.scale, report)
    for name in chosen.only or PARTS:
        started = time.monotonic()
        PARTS[name](benchmark)
        report.parts[name] = round(time.monotonic() - started)
        print(f"({name}: {report.parts[name]} s, preparation included)")
        report.save()
    print(f"written: {report.target}")


if __name__ == "__main__":
    main()
