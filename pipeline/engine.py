"""Runs a step: opens DuckDB with exactly its views and variables, writes Parquet, records the lineage."""

from __future__ import annotations

import contextlib
import datetime
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from pipeline import __version__, estimator_functions, files, readers, settings, sqlfile
from pipeline.catalog import digest
from pipeline.catalog.models import fill
from pipeline.errors import InputError, MissingInput, UsageError
from pipeline.plan import Plan
from pipeline.readers.quoting import literal, quote
from pipeline.readers.streamed import Streamed
from pipeline.step import Step, View

RESULT = "result"
CONTRACT = settings.SQL / "metrics" / "contract" / "metric_table.sql"


def lineage_path(output: Path) -> Path:
    """Where the lineage record of an output lies."""
    return output.with_suffix(".lineage.json")


class Engine:
    """Builds steps of one plan and tells which are up to date."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.streamed: list[Streamed] = []

    # -- what is up to date ---------------------------------------------------------------------------

    def lineage(self, step: Step) -> dict | None:
        """The lineage record of the step's output as it lies in the store, None where it was never built."""
        record = files.read_json(lineage_path(step.output))
        return record if record and step.output.exists() else None

    def is_current(self, step: Step) -> bool:
        """Whether the output is what its inputs, SQL and catalog entry of now would give."""
        record = self.lineage(step)
        if not record or any(not self.is_current(upstream) for upstream in step.upstream):
            return False
        stat = step.output.stat()
        if stat.st_size != record["output"]["bytes"]:
            return False
        return record["fingerprint"] == self.fingerprint(step)

    def fingerprint(self, step: Step) -> str:
        """Hash of everything the output is a function of: SQL, macros, entry, variables, inputs' hashes."""
        inputs = [
            [view.name, self._input_hashes(view), view.columns, view.literal_rows, view.expression]
            for view in step.views
        ]
        return digest(*self._code(step), step.entry, step.variables, inputs, step.record_counts)

    def _code(self, step: Step) -> list[str]:
        texts = [path.read_text(encoding="utf-8") for path in self._sql_paths(step)]
        modules = {path for view in step.views if view.raw for path in readers.modules_of(view.raw.reader)}
        return texts + [path.read_text(encoding="utf-8") for path in sorted(modules)]

    def _sql_paths(self, step: Step) -> list[Path]:
        own = [*step.sql, *([CONTRACT] if step.layer == "metric" else [])]
        return own + sqlfile.macros_called(tuple(path.read_text(encoding="utf-8") for path in own))

    def _input_hashes(self, view: View) -> list:
        raw = [[path, self.plan.landing.take_in(path)["sha256"]] for path in view.landed]
        return raw + [[str(constants), self._output_hash(step)] for step, constants in view.parts]

    def _output_hash(self, step: Step) -> str | None:
        record = self.lineage(step)
        return record["output"]["sha256"] if record else None

    # -- building -------------------------------------------------------------------------------------

    def build(self, step: Step) -> dict:
        """Run the step and put its output and lineage record in place; returns the lineage record.

        The old output stays until the new one is complete. Raises InputError where an input is unusable.
        """
        started = time.monotonic()
        fingerprint = self.fingerprint(step)
        with self.session(step) as con, files.atomic(step.output) as temporary:
            mark = ", KV_METADATA {synthetic: 'true'}" if self.plan.landing.is_synthetic() else ""
            con.execute(
                f"COPY (SELECT * FROM {RESULT}) TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd{mark})"
            )
            self._check_output(con, step, temporary)
            rows = con.execute(f"SELECT count(*) FROM read_parquet({literal(temporary)})").fetchone()[0]
            counts = self._record_counts(con, step)
            notes = [*step.notes, *_coverage(con, step, temporary), *self._unmatched(con, step)]
            output = {
                "path": str(step.output.relative_to(self.plan.settings.store)),
                "rows": rows,
                "sha256": files.sha256(temporary),
                "bytes": temporary.stat().st_size,
            }
        record = {
            "key": step.key,
            "partition": step.partition,
            "geography": step.geography,
            "method": self.plan.settings.method,
            "provider": self.plan.settings.provider,
            "fingerprint": fingerprint,
            "output": output,
            "inputs": self._inputs_of(step),
            "sql": [
                {"path": str(path.relative_to(settings.PROJECT)), "sha256": files.sha256(path)}
                for path in self._sql_paths(step)
            ],
            "catalog_sha256": digest(step.entry),
            "variables": step.variables,
            "notes": notes,
            "record_counts": counts,
            "code_version": __version__,
            "synthetic": self.plan.landing.is_synthetic(),
            "built_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - started, 3),
        }
        files.write_json(lineage_path(step.output), record)
        return record

    def _inputs_of(self, step: Step) -> list[dict]:
        inputs = []
        for view in step.views:
            for path in view.landed:
                revision = self.plan.landing.take_in(path)
                inputs.append(
                    {
                        "view": view.name,
                        "kind": "raw",
                        "path": path,
                        "sha256": revision["sha256"],
                        "url": revision.get("url") or self.url(step, view),
                        "vintage": step.partition,
                    }
                )
            for upstream, _ in view.parts:
                inputs.append(
                    {
                        "view": view.name,
                        "kind": "table",
                        "key": upstream.key,
                        "partition": upstream.partition,
                        "path": str(upstream.output.relative_to(self.plan.settings.store)),
                        "sha256": self._output_hash(upstream),
                    }
                )
        return inputs

    @staticmethod
    def url(step: Step, view: View) -> str | None:
        """Where the raw files of a view come from, by the catalog."""
        return fill(view.raw.url, step.partition, step.variables) if view.raw.url else None

    def _check_output(self, con, step: Step, path: Path) -> None:
        relation = f"read_parquet({literal(path)})"
        if step.columns:
            found = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
            if found != dict(step.columns):
                raise UsageError(
                    f"{step.label}: the SQL gives the columns {found}, the catalog declares {dict(step.columns)}"
                )
        for each in self.streamed:
            each.check(con, relation)
        if step.layer == "staged" and not con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]:
            raise InputError(
                f"No rows for {step.label}",
                file=self._first_raw(step),
                expected=f"rows of {step.partition}",
                found="none",
                advice="The file may be of another year.",
            )
        if step.unique:
            keys = ", ".join(step.unique)
            row = con.execute(
                f"SELECT {keys}, count(*) FROM {relation} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
            ).fetchone()
            if row:
                raise InputError(
                    f"Duplicate keys in {step.label}",
                    file=self._first_raw(step),
                    column=keys,
                    expected="one row per key",
                    found=f"{row[-1]} rows for {row[:-1]}",
                )

    def _first_raw(self, step: Step):
        return next((self.plan.landing.locate(path) for view in step.views for path in view.landed), step.output)

    def _record_counts(self, con, step: Step) -> dict:
        """Records left after each filter of the metric's SQL, per microdata sample where there are samples.

        Filters of microdata do not look at the geography, so they are counted once, with the counties.
        """
        counts: dict[str, Any] = {}
        if step.geography == "place" and any(view.name == "subgroup" for view in step.views):
            return counts
        query = sqlfile.read(step.sql[0])
        for name in step.record_counts:
            columns = [
                column[0] for column in con.execute(query.up_to(name, f"SELECT * FROM {name} LIMIT 0")).description
            ]
            if "sample" in columns:
                rows = con.execute(
                    query.up_to(name, f"SELECT sample, count(*) FROM {name} GROUP BY 1 ORDER BY 1")
                ).fetchall()
                counts[name] = dict(rows)
            else:
                counts[name] = con.execute(query.up_to(name, f"SELECT count(*) FROM {name}")).fetchone()[0]
        return counts

    def _unmatched(self, con, step: Step) -> list[str]:
        """Records in PUMAs that the county crosswalk of the period does not know: counted and listed, never silent."""
        views = {view.name for view in step.views}
        if step.geography != "county" or "crosswalk" not in views or not views & {"person", "household"}:
            return []
        records = "records" if len(step.sql) > 1 else min(views & {"person", "household"})
        rows = con.execute(
            f"SELECT sample, sum(n)::BIGINT, list(statefip || puma ORDER BY statefip, puma) FROM "
            f"(SELECT sample, statefip, puma, count(*) AS n FROM {records} WHERE puma IS NOT NULL AND statefip <> '72' GROUP BY ALL) "
            "ANTI JOIN (FROM crosswalk WHERE crosswalk_period = getvariable('crosswalk_period')) AS known USING (statefip, puma) "
            "GROUP BY sample ORDER BY sample"
        ).fetchall()
        return [
            f"{count} records of the {sample} sample are in {len(pumas)} PUMAs without a crosswalk row and are dropped: "
            f"{', '.join(pumas[:10])}{' …' if len(pumas) > 10 else ''}"
            for sample, count, pumas in rows
        ]

    # -- sessions -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def session(self, step: Step, result: bool = True):
        """A DuckDB connection with the step's macros, variables and views, and the view ``result``."""
        (self.plan.settings.store / "tmp").mkdir(parents=True, exist_ok=True)
        scratch = tempfile.mkdtemp(dir=self.plan.settings.store / "tmp")
        con = duckdb.connect(config={"temp_directory": scratch})
        try:
            if self.plan.settings.threads:
                con.execute(f"SET threads = {self.plan.settings.threads}")
            self.prepare(con, step)
            if result:
                self.define_result(con, step)
            yield con
        except duckdb.Error as error:
            for each in self.streamed:
                each.explain(con, error)
            raise UsageError(f"{step.label}: {' '.join(str(error).split())}") from error
        finally:
            for each in self.streamed:
                each.stop()
            con.close()
            for each in self.streamed:
                each.wait()
            shutil.rmtree(scratch, ignore_errors=True)

    def prepare(self, con, step: Step) -> None:
        """Define the step's macros, variables and input views on ``con``."""
        for path in (settings.SQL / "macros").glob("*.sql"):
            con.execute(path.read_text(encoding="utf-8"))
        estimator_functions.register(con)
        for name, value in step.variables.items():
            con.execute(f"SET VARIABLE {name} = {_sql_value(value)}")
        self.streamed = [each for view in step.views for each in self._define(con, step, view)]

    def _define(self, con, step: Step, view: View) -> list[Streamed]:
        if view.raw:
            located = [(path, self.plan.landing.locate(path)) for path in view.landed]
            return readers.read(con, view.name, view.raw, located, step.partition)
        if view.parts:
            con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(view.name)} AS {self.union(view)}")
        elif view.literal_rows:
            rows = ", ".join(f"({', '.join(_sql_value(value) for value in row)})" for row in view.literal_rows)
            names = ", ".join(quote(name) for name, _ in view.columns)
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE {quote(view.name)} AS SELECT * FROM (VALUES {rows}) AS t({names})"
            )
        else:
            columns = ", ".join(f"NULL::{kind} AS {quote(name)}" for name, kind in view.columns)
            con.execute(f"CREATE OR REPLACE TEMP VIEW {quote(view.name)} AS SELECT {columns} WHERE false")
        return []

    def union(self, view: View) -> str:
        """SQL of a view over upstream outputs. MissingInput where one has not been built."""
        groups: dict[tuple, list[Path]] = {}
        for step, constants in view.parts:
            if not step.output.exists():
                raise MissingInput(
                    f"{step.label} has not been built",
                    file=step.output,
                    expected="the built table",
                    found="nothing",
                    advice="Run: mobility build",
                )
            groups.setdefault(constants, []).append(step.output)
        selects = []
        for constants, paths in groups.items():
            added = "".join(f"{literal(value)} AS {quote(name)}, " for name, value in constants)
            listed = ", ".join(literal(path) for path in paths)
            selects.append(f"SELECT {added}* FROM read_parquet([{listed}], union_by_name = true)")
        union = " UNION ALL BY NAME ".join(selects)
        if not view.expression:
            return union
        added = ", ".join(f"{expression} AS {quote(name)}" for name, expression in view.expression)
        return f"SELECT *, {added} FROM ({union})"

    def define_result(self, con, step: Step) -> None:
        """Define the view ``result`` (and ``records`` or ``estimate`` on the way) from the step's SQL files."""
        *earlier, last = step.sql
        for path in earlier:
            con.execute(f"CREATE OR REPLACE TEMP VIEW records AS {_statement(path)}")
        if step.layer == "metric":
            con.execute(f"CREATE OR REPLACE TEMP TABLE estimate AS {_statement(last)}")
            con.execute(f"CREATE OR REPLACE TEMP VIEW {RESULT} AS {_statement(CONTRACT)}")
        else:
            con.execute(f"CREATE OR REPLACE TEMP VIEW {RESULT} AS {_statement(last)}")


def _coverage(con, step: Step, path: Path) -> list[str]:
    """Which states a metric has no input for, as one note."""
    if step.layer != "metric":
        return []
    lacking, at_hand = con.execute(
        "SELECT list(state ORDER BY state) FILTER (WHERE lacks), list(state ORDER BY state) FILTER (WHERE NOT lacks) FROM "
        f"(SELECT substr(geoid, 1, 2) AS state, bool_or(note IS NOT DISTINCT FROM 'no input for state') AS lacks "
        f"FROM read_parquet({literal(path)}) GROUP BY 1)"
    ).fetchone()
    if not lacking:
        return []
    if not at_hand:
        return ["no input for any state"]
    if len(at_hand) < len(lacking):
        return [f"input only for the states {', '.join(at_hand)}"]
    return [f"no input for the states {', '.join(lacking)}"]


def _statement(path: Path) -> str:
    return re.sub(r";\s*$", "", path.read_text(encoding="utf-8").strip())


def _sql_value(value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if isinstance(value, int) else f"{value!r}::DOUBLE"
    if isinstance(value, list):
        return f"[{', '.join(_sql_value(each) for each in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{literal(name)}: {_sql_value(each)}" for name, each in value.items())
        return f"MAP {{{pairs}}}"
    return literal(value)
