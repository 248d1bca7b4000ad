"""How a published number came about: the raw rows, the crosswalk rows, the SQL and every step (design §4.5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import duckdb

from pipeline import __version__
from pipeline.catalog.models import RawFile
from pipeline.errors import CheckFailed, InputError, UsageError, unknown
from pipeline.plan import sqlfile
from pipeline.plan.step import RESULT, Step, View
from pipeline.quoting import literal, quote
from pipeline.readers import STREAMS
from pipeline.run import record
from pipeline.run.session import Session, create_macros, session
from pipeline.run.workspace import Workspace

SHOWN_ROWS = 50
# Columns that lead from a record to an area where the record itself has no GEOID.
TRACT = ("tract_geoid",)
BRIDGES = (("leaid",), TRACT, ("statefip", "puma"), ("state", "county", "tract"))


@dataclass
class Target:
    """The published number that is asked about, and the keys that lead to it."""

    slug: str
    measure: str
    year: int
    geoid: str
    subgroup_type: str
    subgroup: str
    bridges: dict[tuple[str, ...], list[tuple]] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    subgroup_keys: list[int] = field(default_factory=list)


class Audit:
    """Walks the steps of one metric table for one geography and subgroup."""

    def __init__(
        self,
        workspace: Workspace,
        slug: str,
        geoid: str,
        year: int,
        subgroup: str = "All",
        measure: str | None = None,
    ):
        self.workspace, self.plan = workspace, workspace.plan
        metric = self.plan.catalog.metric(slug)
        measure = measure or next(iter(metric.measures))
        if measure not in metric.measures:
            raise unknown(f"measure of {slug}", measure, metric.measures)
        if not geoid.isdigit() or len(geoid) not in (5, 7):
            raise UsageError(f"A GEOID has 5 digits (county) or 7 (place), with leading zeros; found {geoid!r}.")
        self.metric = metric
        asked = self.plan.metric(slug, year, "county" if len(geoid) == 5 else "place")
        # The rows of a table that no difference of the edition touches are explained where they were made.
        self.step = asked.shared_with or asked
        self.table = f"read_parquet({literal(workspace.store.local(asked.address))})"
        if workspace.store.size(asked.address) is None:
            raise InputError(
                f"{asked.label} has not been built",
                file=asked.address,
                expected="the built table",
                found="nothing",
                advice=f"Run: mobility build --metric {slug} --year {year}",
            )
        self.published = self._published_row(slug, measure, year, geoid, subgroup)
        self.target = Target(slug, measure, year, geoid, self.published["subgroup_type"], self.published["subgroup"])

    def _published_row(self, slug, measure, year, geoid, subgroup) -> dict:
        subgroup_type, _, label = subgroup.rpartition("/")
        with duckdb.connect() as con:
            table = con.execute(
                f"SELECT * FROM {self.table} WHERE measure = ? AND geoid = ? AND subgroup = ? "
                "AND (? = '' OR subgroup_type = ?) ORDER BY subgroup_type",
                [measure, geoid, label, subgroup_type, subgroup_type],
            )
            names = [column[0] for column in table.description]
            row = table.fetchone()
            if row:
                return dict(zip(names, row, strict=True))
            labels = con.execute(f"SELECT DISTINCT subgroup FROM {self.table}").fetchall()
            known = con.execute(f"SELECT count(*) FROM {self.table} WHERE geoid = ?", [geoid])
            if not known.fetchone()[0]:
                raise UsageError(
                    f"{slug} {year} has no row for GEOID {geoid}; codes change over time (see docs/geography.md)."
                )
        raise unknown(f"subgroup of {slug} {year}", subgroup, sorted(each[0] for each in labels))

    # -- the answer ---------------------------------------------------------------------------------

    def answer(self) -> dict:
        """The audit as the contract's JSON object. CheckFailed where the last step gives another value."""
        steps: list[dict] = []
        inputs: list[dict] = []
        with session(self.step, self.workspace, queries=False) as opened:
            con = opened.con
            self._narrow(opened)
            self._find_bridges(con)
            for upstream in self._upstream_steps(self.step):
                self._walk_upstream(upstream, steps, inputs)
            self._walk_views(con, self.step, steps)
            *own, (_, contract) = self.step.queries
            self._walk_queries(opened, own, steps)
            opened.drop([name for name, _ in own])
            opened.define_queries()
            recomputed = self._rows(con, RESULT, limit=None)
        steps.append(
            {"name": "result", "title": "The metric table's row", "sql": sqlfile.read(contract).text, **recomputed}
        )
        self._compare(recomputed)
        row = self.published
        keys = ("value", "lower", "upper", "quality", "note")
        return {
            "metric": self.target.slug,
            "measure": self.target.measure,
            "year": self.target.year,
            "geoid": self.target.geoid,
            "subgroup": self.target.subgroup,
            "subgroup_type": self.target.subgroup_type,
            "published": {key: row[key] for key in keys},
            "formula": self.metric.formula,
            "inputs": inputs,
            "steps": steps,
            "quality": {"rule": self.metric.quality, "evaluated": self._evaluated(row, "quality")},
            "suppression": {"rule": self.metric.suppression, "evaluated": self._evaluated(row, "note")},
            "citation": self.metric.citation,
            "notes": list(self.step.notes),
            "synthetic": record.is_synthetic(self.step, self.workspace),
            "code": {"sql_path": sqlfile.read(self.step.sql[0]).relative, "version": __version__},
        }

    @staticmethod
    def _evaluated(row: dict, result: str) -> dict:
        shown = (result, "value", "lower", "upper", "standard_error", "numerator", "denominator", "sample_size")
        return {name: row[name] for name in shown}

    def _compare(self, recomputed: dict) -> None:
        rows = [dict(zip(recomputed["columns"], row, strict=True)) for row in recomputed["rows"]]
        names = (
            "value",
            "lower",
            "upper",
            "quality",
            "note",
            "standard_error",
            "numerator",
            "denominator",
            "sample_size",
        )
        if len(rows) != 1 or any(_bits(rows[0][name]) != _bits(self.published[name]) for name in names):
            raise CheckFailed(
                f"{self.step.label}, GEOID {self.target.geoid}: re-running the steps gives another result than "
                f"the stored table. Expected: { {name: self.published[name] for name in names} }. "
                f"Found: {rows[:1]}. Run mobility build and look at mobility status."
            )

    # -- walking ------------------------------------------------------------------------------------

    def _narrow(self, opened: Session) -> None:
        """Leave only the state's records in the microdata views: no rule of a metric looks beyond the state."""
        for view in opened.step.views:
            if "sample" in {name for _, constants in view.parts for name, _ in constants}:
                opened.con.execute(
                    f"CREATE OR REPLACE TEMP VIEW {quote(view.name)} AS "
                    f"SELECT * FROM ({opened.union(view)}) WHERE statefip = {literal(self.target.geoid[:2])}"
                )

    def _upstream_steps(self, step: Step) -> list[Step]:
        """Steps upstream of the metric that lead to the area, nearest last; microdata files of other states left out."""
        found: list[Step] = []
        for upstream in step.upstream:
            found += [each for each in [*self._upstream_steps(upstream), upstream] if each not in found]
        return found

    def _find_bridges(self, con) -> None:
        """For each bridge key, its values that lead to the GEOID, from the first view that has both.

        For microdata also the samples and subgroup keys that lead to the label; keys only where one table decides
        them, since otherwise a record's key is complete only after the join.
        """
        if "subgroup" in {view.name for view in self.step.views}:
            chosen = [self.target.subgroup_type, self.target.subgroup]
            where = "FROM subgroup WHERE subgroup_type = ? AND subgroup = ?"
            self.target.samples = [
                row[0] for row in con.execute(f"SELECT DISTINCT sample {where} ORDER BY 1", chosen).fetchall()
            ]
            families = {
                self.plan.catalog.subgroups[name].source
                for name in self.metric.subgroup_types
                if name != "all" and name in self.plan.catalog.subgroups
            }
            if len(families) < 2:
                keys = con.execute(f"SELECT DISTINCT subgroup_key {where} ORDER BY 1", chosen).fetchall()
                self.target.subgroup_keys = [row[0] for row in keys]
        for view in self.step.views:
            columns = self._columns(con, view.name)
            if "geoid" not in columns:
                continue
            for key in BRIDGES:
                if set(key) <= set(columns) and key not in self.target.bridges:
                    period = ""
                    if "crosswalk_period" in columns:
                        create_macros(con, [sqlfile.macros()["crosswalk_period"].path])
                        period = " AND crosswalk_period = crosswalk_period(getvariable('year'))"
                    self.target.bridges[key] = con.execute(
                        f"SELECT DISTINCT {', '.join(key)} FROM {quote(view.name)} WHERE geoid = ?{period} ORDER BY ALL",
                        [self.target.geoid],
                    ).fetchall()

    def _walk_upstream(self, step: Step, steps: list[dict], inputs: list[dict]) -> None:
        streamed = any(view.raw and view.raw.reader in STREAMS for view in step.views)
        if streamed:
            if self._streamed_rows(step):
                self._list_files(step, inputs)
            return
        with session(step, self.workspace, queries=False) as opened:
            self._narrow(opened)
            for view in step.views:
                if view.raw:
                    shown = self._walk_raw(opened.con, step, view, steps)
                    self._list_files(step, inputs, view, shown)
            prefix = f"{step.key}" + (f"@{step.partition}" if step.partition else "")
            self._walk_queries(opened, step.queries, steps, prefix)

    def _walk_raw(self, con, step: Step, view: View, steps: list[dict]) -> dict[str, int]:
        rows = self._rows(con, view.name, raw=view.raw)
        title = f"Raw rows of {', '.join(view.landed[:3])}{' …' if len(view.landed) > 3 else ''}"
        steps.append(
            {
                "name": f"raw {step.name} {view.name}",
                "title": title,
                "sql": f"-- the file as it is, for {step.label}",
                **rows,
            }
        )
        where = self._filter(self._columns(con, view.name), view.raw)
        counted = con.execute(f"SELECT raw_file, count(*) FROM {quote(view.name)} WHERE {where} GROUP BY 1").fetchall()
        return dict(counted)

    def _list_files(self, step: Step, inputs: list[dict], view: View | None = None, counts: dict | None = None) -> None:
        for each in [view] if view else step.views:
            for path in each.landed:
                revision = self.workspace.landing.take_in(path)
                inputs.append(
                    {
                        "path": path,
                        "sha256": revision["sha256"],
                        "url": revision.get("url") or record.url(step, each),
                        "vintage": step.partition,
                        "rows_used": (counts or {}).get(path, 0) if counts is not None else self._streamed_rows(step),
                    }
                )

    def _streamed_rows(self, step: Step) -> int:
        with duckdb.connect() as con:
            path = self.workspace.store.local(step.address)
            con.execute(f"CREATE VIEW staged AS FROM read_parquet({literal(path)})")
            where = self._filter(self._columns(con, "staged"), None)
            return con.execute(f"SELECT count(*) FROM staged WHERE {where}").fetchone()[0]

    def _walk_views(self, con, step: Step, steps: list[dict]) -> None:
        for view in step.views:
            source = ", ".join(dict.fromkeys(upstream.label for upstream, _ in view.parts)) or "the catalog"
            steps.append(
                {
                    "name": view.name,
                    "title": f"Input {view.name}: {source}",
                    "sql": f"SELECT * FROM {view.name}",
                    **self._rows(con, view.name),
                }
            )

    def _walk_queries(self, opened: Session, queries, steps: list[dict], prefix: str = "") -> None:
        """Walk the SQL files; records that were walked for the sums are only defined, for what still reads them."""
        summed = any(view.name == "sums" for view in opened.step.views)
        for name, path in queries:
            if name == "records" and summed:
                opened.define(name, path)
            else:
                self._walk_sql(opened.con, path, steps, prefix)
                if name != RESULT:
                    opened.con.execute(f"CREATE OR REPLACE TEMP TABLE {quote(name)} AS FROM final_select")

    def _walk_sql(self, con, path, steps: list[dict], prefix: str) -> None:
        query = sqlfile.read(path)
        for named in query.steps:
            con.execute(f"CREATE OR REPLACE TEMP TABLE {quote(named.name)} AS {named.sql}")
            steps.append(
                {
                    "name": f"{prefix}: {named.name}" if prefix else named.name,
                    "title": named.title,
                    "sql": named.sql,
                    **self._rows(con, named.name),
                }
            )
        con.execute(f"CREATE OR REPLACE TEMP TABLE final_select AS {query.final}")
        steps.append(
            {
                "name": prefix or query.relative,
                "title": f"Result of {query.relative}",
                "sql": query.final,
                **self._rows(con, "final_select"),
            }
        )

    # -- rows that lead to the GEOID ------------------------------------------------------------------

    @staticmethod
    def _columns(con, relation: str) -> list[str]:
        return [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {quote(relation)}").fetchall()]

    def _rows(self, con, relation: str, limit: int | None = SHOWN_ROWS, raw: RawFile | None = None) -> dict:
        columns = self._columns(con, relation)
        where = self._filter(columns, raw)
        count = con.execute(f"SELECT count(*) FROM {quote(relation)} WHERE {where}").fetchone()[0]
        rows = con.execute(
            f"SELECT * FROM {quote(relation)} WHERE {where}" + (f" LIMIT {limit}" if limit else "")
        ).fetchall()
        return {"columns": columns, "rows": [list(row) for row in rows], "row_count": count}

    def _filter(self, columns: list[str], raw: RawFile | None) -> str:
        target = self.target
        parts = [self._area_filter(columns, raw)]
        if "measure" in columns:
            parts.append(f"measure = {literal(target.measure)}")
        if "subgroup" in columns:
            parts.append(f"subgroup = {literal(target.subgroup)}")
            if "subgroup_type" in columns:
                parts.append(f"subgroup_type = {literal(target.subgroup_type)}")
        if "sample" in columns and target.samples:
            parts.append(f"sample IN ({', '.join(map(literal, target.samples))})")
        if "subgroup_key" in columns and target.subgroup_keys:
            parts.append(f"subgroup_key IN ({', '.join(map(str, target.subgroup_keys))})")
        if "year" in columns and raw is None and "geoid" in columns:
            parts.append(f"year = {target.year}")
        return " AND ".join(part for part in parts if part) or "true"

    def _of_area(self, expression: str) -> str:
        """Whether a GEOID is the one asked for, or that of a tract in it: of 11 digits, the first five its county."""
        geoid = literal(self.target.geoid)
        if len(self.target.geoid) == 5:
            return f"({expression} = {geoid} OR (length({expression}) = 11 AND substr({expression}, 1, 5) = {geoid}))"
        tracts = [literal(tract) for (tract,) in self.target.bridges.get(TRACT, [])]
        return f"{expression} IN ({', '.join([geoid, *tracts])})"

    def _area_filter(self, columns: list[str], raw: RawFile | None) -> str:
        geoid = self.target.geoid
        keys = raw.keys if raw else {}
        if named := next((name for name in ("geoid", *TRACT) if name in keys or name in columns), None):
            return self._of_area(keys.get(named, named))
        side = "county_geoid" if len(geoid) == 5 else "place_geoid"
        if side in keys:
            return f"{keys[side]} = {literal(geoid)}"
        for bridge, values in self.target.bridges.items():
            expressions = [keys.get(name, name) for name in bridge]
            if all(name in keys or (not keys and name in columns) for name in bridge):
                listed = ", ".join("(" + ", ".join(literal(part) for part in value) + ")" for value in values)
                return f"({', '.join(expressions)}) IN ({listed})" if values else "false"
        part = {5: "county", 7: "place"}[len(geoid)]
        if raw is None and "state" in columns and part in columns:
            return f"state || {part} = {literal(geoid)}"
        return ""


def _bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value
