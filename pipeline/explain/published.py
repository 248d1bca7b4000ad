"""How an imported value came about: the line of the published file that it was read from."""

from __future__ import annotations

from pathlib import Path

from pipeline import settings
from pipeline.errors import InputError
from pipeline.explain import lineage
from pipeline.explain.cell import Cell
from pipeline.plan import sqlfile
from pipeline.publish.published_file import Candidate
from pipeline.quoting import quote
from pipeline.run.session import connection
from pipeline.run.workspace import Workspace
from pipeline.store import files

QUERY = settings.SQL / "release" / "imported_rows.sql"


class PublishedLine:
    """The steps of an imported value, in the shape of a Walk: the line of its file, and the row that was made of it."""

    def __init__(self, workspace: Workspace, cell: Cell):
        self.workspace, self.cell, self.record = workspace, cell, cell.shown.record
        self.steps: list[dict] = []
        self.inputs: list[dict] = []
        self.not_shown: list[str] = []
        self.constants: dict = {}
        self.macros: dict = {}

    def run(self) -> dict | None:
        """Read the file again; the value, bounds and flag that it gives, None where it cannot be read."""
        name = self._file()
        path = Path(self.record["folder"]) / name
        sha256 = self.record["raw"][name]
        there = path.exists() and files.sha256(path) == sha256
        state = lineage.UNCHANGED if there else lineage.CHANGED if path.exists() else lineage.GONE
        known = {"url": None, "vintage": self.record["partition"], "rows_used": 0, "state": lineage.IN_WORDS[state]}
        self.inputs = [{"path": str(path), "sha256": sha256, **known}]
        if not there:
            self.not_shown = [f"The published file {path} is {known['state']}; what was read is in the table."]
            return None
        with self.workspace.store.scratch() as scratch, connection(self.workspace, scratch) as con:
            candidate = Candidate(path, self.workspace.plan.catalog)
            try:
                candidate.read(con, scratch)
            except InputError as error:
                self.not_shown = [str(error)]
                return None
            candidate.define(con)
            return self._rows(con)

    def _file(self) -> str:
        row = self.cell.row
        wanted = (self.cell.measure, row["subgroup_type"])
        return next(
            each["file"] for each in self.record["slices"] if (each["measure"], each["subgroup_type"]) == wanted
        )

    def _rows(self, con) -> dict | None:
        query = QUERY.read_text(encoding="utf-8")
        row = self.cell.row
        con.execute(f"CREATE OR REPLACE TEMP TABLE imported_rows AS {query}")
        # The overall value may be the total of a family, where no file has it.
        con.execute(
            "CREATE OR REPLACE TEMP TABLE asked AS FROM imported_rows WHERE measure = ? AND geoid = ? AND year = ? AND subgroup = ? "
            "ORDER BY subgroup_type <> ?, subgroup_type LIMIT 1",
            [self.cell.measure, self.cell.geoid, self.cell.year, row["subgroup"], row["subgroup_type"]],
        )
        columns = [name for name in con.table("published_file").columns if name == "line" or self._is_shown(con, name)]
        listed = ", ".join(map(quote, columns))
        self._step(
            con,
            "published_file",
            "The line of the published file, as it is printed there",
            f"SELECT {listed} FROM published_file SEMI JOIN asked USING (line)",
            "raw",
        )
        self._step(con, "imported_rows", sqlfile.read(QUERY).title, "FROM asked", "result", query)
        self.inputs[0]["rows_used"] = self.steps[0]["row_count"]
        found = self.steps[-1]
        return dict(zip(found["columns"], found["rows"][0], strict=True)) if found["rows"] else None

    def _is_shown(self, con, name: str) -> bool:
        """Whether a column is a key or of the measure that is asked about."""
        of_measure = con.execute(
            'SELECT count(*) FROM imported_column WHERE "column" = ? AND measure = ?', [name, self.cell.measure]
        ).fetchone()[0]
        of_another = con.execute('SELECT count(*) FROM imported_column WHERE "column" = ?', [name]).fetchone()[0]
        return bool(of_measure) or not of_another

    def _step(self, con, name: str, title: str, query: str, kind: str, shown: str | None = None) -> None:
        found = con.execute(query)
        columns = [column[0] for column in found.description]
        rows = [list(row) for row in found.fetchall()]
        self.steps.append(
            {
                "name": name,
                "title": title,
                "sql": shown or query,
                "of": self._file(),
                "kind": kind,
                "file": "",
                "columns": columns,
                "rows": rows,
                "row_count": len(rows),
                "units": {},
                "single_precision": [],
                "casts_to_single_precision": False,
            }
        )
