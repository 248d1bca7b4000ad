"""Walks the steps that made a table, with the rows of each that lead to one cell."""

from __future__ import annotations

import re
from functools import cached_property

import duckdb

from pipeline.errors import MobilityError
from pipeline.explain.lineage import IN_WORDS, UNCHANGED, Lineage
from pipeline.explain.rows import PUMA, Rows
from pipeline.explain.units import Units
from pipeline.plan import sqlfile
from pipeline.plan.definition import macros, statements, variables
from pipeline.plan.step import RESULT, Step, View
from pipeline.quoting import literal, quote
from pipeline.readers import STREAMS
from pipeline.run.session import Session, create_macros, quiet, session

# A cast whose result does not stay in a column still rounds to single precision.
SINGLE_CAST = re.compile(r"::\s*(?:FLOAT4?|REAL)\b|\bAS\s+(?:FLOAT4?|REAL)\s*\)", re.IGNORECASE)
# Arguments of a macro that no row decides: variables, text, numbers.
CONSTANT = r"\s*(?:(?:getvariable\('\w+'\)|'[^']*'|[\d.]+)\s*,?\s*)*"


class Walk:
    """The steps behind one cell, nearest last: ``steps``, raw ``inputs``, ``constants``, and what is ``not_shown``.

    The kind of a step is ``raw`` (rows of raw files), ``input`` (a table that is read), ``step`` (a named step of a SQL file),
    ``final`` (its last statement), ``stored`` (rows of the store, where the steps are not walked) or ``result``.
    """

    def __init__(self, lineage: Lineage, rows: Rows, units: Units):
        self.lineage, self.rows, self.units = lineage, rows, units
        self.workspace, self.catalog = lineage.workspace, lineage.workspace.plan.catalog
        self.steps: list[dict] = []
        self.inputs: list[dict] = []
        self.constants: dict[tuple, dict] = {}
        self.macros: dict[str, dict] = {}
        self.not_shown: list[str] = []

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect()

    def _beside(self) -> duckdb.DuckDBPyConnection:
        """A connection for what is looked up beside a step's own session; opening a database each time would take longer."""
        return quiet(self._database.cursor())

    # -- the table itself ---------------------------------------------------------------------------

    def run(self, step: Step) -> list[dict]:
        """Walk everything behind the step and its own SQL; the rows that its last statement gives for the cell."""
        self._tell_constants(step, step.label)
        with session(step, self.workspace, queries=False) as opened:
            con = opened.con
            self._learn(con, step)
            self._narrow(opened)
            for upstream in self._upstream(step):
                self._walk_upstream(upstream)
            for view in step.views:
                source = ", ".join(dict.fromkeys(each.label for each, _ in view.parts)) or "the catalog"
                sql = f"SELECT * FROM {view.name}"
                self._add(con, "input", step.label, view.name, f"Input {view.name}: {source}", sql, view.name)
            *own, (_, contract) = step.queries
            self._walk_queries(opened, own, step)
            # From the tables that the steps made, so that it is they that lead to the value.
            opened.define(RESULT, contract)
            made = self.rows.of(con, RESULT, every=True)
        text = sqlfile.read(contract)
        # The contract's columns are those of the metric's own last statement.
        sources = [sqlfile.read(path).relative for path in step.sql]
        self._append("result", step.label, "result", "The metric table's row", text.text, made, sources)
        return [dict(zip(made["columns"], row, strict=True)) for row in made["rows"]]

    def run_in_full(self, step: Step) -> list[dict]:
        """The rows that the step gives for the cell from the records of all states."""
        with session(step, self.workspace) as opened:
            made = self.rows.of(opened.con, RESULT, every=True)
        return [dict(zip(made["columns"], row, strict=True)) for row in made["rows"]]

    def stored(self, step: Step | None) -> None:
        """Show what the store still has of the tables that the record names: their rows and, where ``step`` says how
        they were made, the steps of each of them that can be walked."""
        self.steps.clear()
        self.inputs.clear()
        views: dict[str, list[str]] = {}
        for each in self.lineage.record["inputs"]:
            if each["kind"] == "table" and self.lineage.tables[each["path"]].state == UNCHANGED:
                views.setdefault(each["view"], []).append(each["path"])
        try:
            with self._beside() as con:
                create_macros(con, [sqlfile.macros()["crosswalk_period"].path])
                con.execute(f"SET VARIABLE year = {self.rows.cell.year}")
                for name, addresses in views.items():
                    self._view_of(con, name, addresses)
                self._learn_views(con, list(views))
                for upstream in self._upstream(step) if step else ():
                    self._walk_upstream(upstream)
                for name, addresses in views.items():
                    title = f"Input {name}: {', '.join(addresses)}"
                    self._add(con, "input", "stored tables", name, title, f"SELECT * FROM {name}", name)
        except duckdb.Error as error:
            self.not_shown.append(f"A table of the store cannot be read: {str(error).splitlines()[0]}")
        listed = {each["path"] for each in self.inputs}
        for path, raw in self.lineage.raw.items():
            if path not in listed:
                self.inputs.append(self._input(path, raw.sha256, None, None))

    # -- upstream -----------------------------------------------------------------------------------

    def _upstream(self, step: Step) -> list[Step]:
        """Every step upstream that may lead to the label, what is read before what reads it."""
        found: list[Step] = []
        for view in step.views:
            for each, constants in view.parts:
                if not self.rows.samples or dict(constants).get("sample", self.rows.samples[0]) in self.rows.samples:
                    found += [one for one in [*self._upstream(each), each] if one not in found]
        return found

    def _walk_upstream(self, step: Step) -> None:
        table = self.lineage.tables.get(step.address)
        if table is None:
            return
        if table.state != UNCHANGED:
            self.not_shown.append(
                f"{step.label}: {IN_WORDS[table.state]}; the steps before it are not those of this value"
            )
            return
        counted = None
        if any(view.raw and view.raw.reader in STREAMS for view in step.views):
            counted = self._stored_count(step)
            if counted:
                self._list_files(step, step.views, counted)
            return
        before = len(self.steps), len(self.inputs)
        reason = self._not_walkable(step, table.record)
        if not reason:
            try:
                self._walk_table(step)
                return
            except MobilityError as error:
                reason = str(error)
        del self.steps[before[0] :], self.inputs[before[1] :]
        self._show_stored(step, reason)

    def _walk_table(self, step: Step) -> None:
        self._tell_constants(step, step.label)
        with session(step, self.workspace, queries=False) as opened:
            self._narrow(opened)
            for view in step.views:
                if view.raw:
                    self._list_files(step, [view], self._walk_raw(opened.con, step, view))
            self._walk_queries(
                opened, step.queries, step, f"{step.key}" + (f"@{step.partition}" if step.partition else "")
            )

    def _not_walkable(self, step: Step, record: dict) -> str | None:
        """Why the table cannot be walked as it was made, None where it can."""
        lost = [self.lineage.raw[path] for view in step.views for path in view.landed]
        lost = [f"{each.path} is {IN_WORDS[each.state]}" for each in lost if not each.located]
        if lost:
            return "; ".join(lost)
        if not self.lineage.same_inputs(record):
            return "a table that it was made of was built again since"
        return None if self.lineage.same_code(step, record) else "its SQL or catalog entry changed since"

    def _show_stored(self, step: Step, reason: str) -> None:
        """The table's own rows where its steps cannot be walked."""
        with self._beside() as con:
            self._view_of(con, "stored", [step.address])
            name = f"{step.key}" + (f"@{step.partition}" if step.partition else "")
            title = f"Rows of {step.label} as they lie in the store"
            self._add(con, "stored", step.label, name, title, "-- the stored table", "stored")
        self.steps[-1]["remark"] = f"not walked: {reason}"
        self.not_shown.append(f"{step.label}: {reason}; its stored rows are shown")
        self._list_files(step, step.views, self.steps[-1]["row_count"])

    def _walk_raw(self, con, step: Step, view: View) -> dict[str, int]:
        title = f"Raw rows of {', '.join(view.landed[:3])}{' …' if len(view.landed) > 3 else ''}"
        sql = f"-- the file as it is, for {step.label}"
        self._add(con, "raw", step.label, f"raw {step.name} {view.name}", title, sql, view.name, view=view)
        columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {quote(view.name)}").fetchall()]
        where = self.rows.where(columns, view.raw)
        counted = con.execute(f"SELECT raw_file, count(*) FROM {quote(view.name)} WHERE {where} GROUP BY 1").fetchall()
        return dict(counted)

    def _list_files(self, step: Step, views, counts: dict[str, int] | int) -> None:
        for view in views:
            for path in view.landed:
                used = counts if isinstance(counts, int) else counts.get(path, 0)
                self.inputs.append(self._input(path, self.lineage.raw[path].sha256, step.partition, used))

    def _input(self, path: str, sha256: str, vintage: str | None, used: int | None) -> dict:
        state = self.lineage.raw[path].state
        url = self.lineage.urls.get(path)
        return {
            "path": path,
            "sha256": sha256,
            "url": url,
            "vintage": vintage,
            "rows_used": used,
            "state": IN_WORDS[state],
        }

    def _stored_count(self, step: Step) -> int:
        with self._beside() as con:
            self._view_of(con, "stored", [step.address])
            columns = [row[0] for row in con.execute("DESCRIBE SELECT * FROM stored").fetchall()]
            return con.execute(f"SELECT count(*) FROM stored WHERE {self.rows.where(columns, None)}").fetchone()[0]

    def _view_of(self, con, name: str, addresses: list[str]) -> None:
        listed = ", ".join(literal(self.workspace.store.local(address)) for address in addresses)
        con.execute(
            f"CREATE OR REPLACE VIEW {quote(name)} AS FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        )

    # -- SQL files ----------------------------------------------------------------------------------

    def _walk_queries(self, opened: Session, queries, step: Step, prefix: str = "") -> None:
        """Walk the SQL files; records that were walked for the sums are only defined, for what still reads them."""
        summed = any(view.name == "sums" for view in opened.step.views)
        for name, path in queries:
            if name == "records" and summed:
                opened.define(name, path)
            else:
                self._walk_sql(opened.con, path, step, prefix, name)
                if name != RESULT:
                    opened.con.execute(f"ALTER TABLE final_select RENAME TO {quote(name)}")

    def _walk_sql(self, con, path, step: Step, prefix: str, query_name: str) -> None:
        query = sqlfile.read(path)
        for named in query.steps:
            con.execute(f"CREATE OR REPLACE TEMP TABLE {quote(named.name)} AS {named.sql}")
            name = f"{prefix}: {named.name}" if prefix else named.name
            self._add(con, "step", step.label, name, named.title, named.sql, named.name, query.relative)
            self._tell_row(con, named.name, step.label)
        con.execute(f"CREATE OR REPLACE TEMP TABLE final_select AS {query.final}")
        title = query.final_title or f"Result of {query.relative}"
        name = query.relative if not prefix else prefix if query_name == RESULT else f"{prefix}: {query_name}"
        self._add(con, "final", step.label, name, title, query.final, "final_select", query.relative)

    def _add(self, con, kind: str, of: str, name: str, title: str, sql: str, relation: str, file="", view=None) -> None:
        self._append(kind, of, name, title, sql, self.rows.of(con, relation, view.raw if view else None), [file])

    def _append(self, kind: str, of: str, name: str, title: str, sql: str, found: dict, files: list[str]) -> None:
        step = {"name": name, "title": title or name, "sql": sql, "of": of, "kind": kind, "file": files[0], **found}
        step["casts_to_single_precision"] = bool(SINGLE_CAST.search(sql))
        step["units"] = self.units.of(files, name.rpartition(" ")[2], found["columns"])
        self.steps.append(step)

    # -- keys and records ---------------------------------------------------------------------------

    def _learn(self, con, step: Step) -> None:
        names = [view.name for view in step.views]
        self.rows.measure_stem = step.variables.get("measure_stem")
        if "subgroup" in names:
            metric = self.catalog.metric(step.name)
            families = [
                self.catalog.subgroups[name] for name in metric.subgroup_types if name in self.catalog.subgroups
            ]
            self.rows.learn_labels(con, one_source=len({each.source for each in families}) < 2)
        create_macros(con, [sqlfile.macros()["crosswalk_period"].path])
        self._learn_views(con, names)

    def _learn_views(self, con, names: list[str]) -> None:
        period = con.execute("SELECT crosswalk_period(getvariable('year'))").fetchone()[0]
        for name in names:
            columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {quote(name)}").fetchall()]
            self.rows.learn_bridges(con, name, columns, period)

    def _narrow(self, opened: Session) -> None:
        """Leave only the records of the cell's PUMAs, of its state where it is told by no PUMA; those of a region are narrowed
        by the session."""
        if not self.rows.cell.is_of_region:
            pumas = [puma for _, puma in self.rows.bridges.get(PUMA, ())]
            opened.keep_records([self.rows.cell.state], pumas)

    # -- constants ----------------------------------------------------------------------------------

    def _tell_constants(self, step: Step, label: str) -> None:
        """Variables that the step's SQL reads, macros that it calls, and macros called with constants alone."""
        quirks = getattr(self.catalog.metrics.get(step.name) or self.catalog.geography.get(step.name), "quirks", {})
        meanings = {f"rule_{name.replace('-', '_')}": quirk.title for name, quirk in quirks.items()}
        for name, value in variables(step).items():
            self._tell(name, value, meanings.get(name), label)
        called = {macro.name: macro for macro in macros(step)}
        self.macros |= {
            name: {"name": name, "definition": macro.definition, "path": str(macro.path.name)}
            for name, macro in called.items()
        }
        names = {name for each in statements(step) for name in each.functions} & called.keys()
        texts = [sqlfile.read(path).text for path in step.sql]
        pattern = re.compile(rf"\b(?:{'|'.join(sorted(names))})\({CONSTANT}\)") if names else None
        calls = dict.fromkeys(call for text in texts for call in (pattern.findall(text) if pattern else ()))
        if not calls:
            return
        with self._beside() as con:
            create_macros(con, [macro.path for macro in called.values()])
            for name in {"year", "geography"} & step.variables.keys():
                con.execute(
                    f"SET VARIABLE {name} = {literal(step.variables[name]) if isinstance(step.variables[name], str) else step.variables[name]}"
                )
            for call in calls:
                self._tell(call, con.execute(f"SELECT {call}").fetchone()[0], None, label)

    def _tell_row(self, con, relation: str, label: str) -> None:
        """The last step, where it has one row that belongs to no area, holds constants, such as price indices."""
        columns = self.steps[-1]["columns"]
        if not self.rows.leads(columns):
            rows = con.execute(f"FROM {quote(relation)} LIMIT 2").fetchall()
            if len(rows) == 1:
                for name, value in zip(columns, rows[0], strict=True):
                    self._tell(name, value, self.steps[-1]["title"], label)

    def _tell(self, name: str, value, meaning: str | None, label: str) -> None:
        told = self.constants.setdefault(
            (name, str(value)), {"name": name, "value": value, "meaning": meaning, "read_by": []}
        )
        if label not in told["read_by"]:
            told["read_by"].append(label)
