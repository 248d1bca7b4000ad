"""Published files read into metric tables of the edition ``published``: how someone starts who only has the downloads.

What a measure, year and subgroup family is taken from is decided file by file (sql/release/imported_slices.sql); each table's
record names its files with their hashes. Slices that an earlier import brought and this one has not stay.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from pipeline import catalog, checks, code_version, settings
from pipeline.catalog import digest
from pipeline.errors import InputError
from pipeline.plan import sqlfile
from pipeline.publish import publication
from pipeline.publish.diff import published_files
from pipeline.publish.published_file import NEWEST, Candidate
from pipeline.publish.tables import GEOGRAPHIES, STATE
from pipeline.quoting import literal, quote
from pipeline.run.fingerprint import ENGINE_EPOCH
from pipeline.run.session import connection, create_macros, sql_value
from pipeline.run.workspace import Workspace
from pipeline.settings import PROVIDER
from pipeline.store import files

METHOD = "published"
FOLDER = settings.SQL / "release"
REFUSED = FOLDER / "imported_refused"
CONTRACT = settings.SQL / "metrics" / "contract" / "metric_table.sql"
HOW = "read from files that were published"
# Rules of metric tables that a table of published values keeps; the others say how a table was made.
STRUCTURE = (
    "fips_lengths",
    "keys_are_unique",
    "measures_are_declared",
    "quality_is_1_2_3",
    "values_are_finite",
    "values_in_range",
)


@dataclass
class Report:
    """What was imported: tables with their rows, files that were read, and files that were not, with the reason."""

    tables: dict[str, int] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    not_read: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Import:
    """Reads a folder of published files into a store."""

    def __init__(self, workspace: Workspace, folder: Path, on_file: Callable[[str], None] = lambda name: None):
        self.workspace, self.folder, self.on_file = workspace, folder, on_file
        self.catalog = catalog.load(METHOD)
        self.candidates = [Candidate(path, self.catalog) for path in published_files(folder).values()]
        manifest = files.read_json(folder / "manifest.json", {})
        self.synthetic = bool(manifest.get("synthetic")) if isinstance(manifest, dict) else False
        self.hashes: dict[str, str] = {}
        self.report = Report()

    def run(self) -> Report:
        """Import; returns the report. InputError where a file is not what it should be, or two contradict each other;
        nothing is written then."""
        with self.workspace.store.scratch() as scratch, connection(self.workspace, scratch) as con:
            con.execute(f"ATTACH {literal(scratch / 'imported.duckdb')} AS kept; USE kept")
            create_macros(con, [settings.SQL / "macros" / "publication.sql"])
            publication.create(con, self.catalog)
            self._read(con, scratch)
            self._choose(con)
            # Whoever is interrupted from here on leaves some tables of this import and some of the last one.
            self.workspace.store.write_json(STATE, {"finished": False, "folder": str(self.folder)})
            self._areas(con, scratch)
            self._tables(con, scratch)
            self.workspace.store.write_json(STATE, {"finished": True, "folder": str(self.folder)})
        return self.report

    # -- reading --------------------------------------------------------------------------------------

    def _read(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        con.execute("CREATE TABLE imported_file (file VARCHAR, round VARCHAR, is_combined BOOLEAN)")
        con.execute(
            "CREATE TABLE areas (file VARCHAR, round VARCHAR, is_combined BOOLEAN, geography VARCHAR, year SMALLINT, "
            "geoid VARCHAR, state VARCHAR, code VARCHAR, state_name VARCHAR, area_name VARCHAR, population BIGINT)"
        )
        for each in self.candidates:
            name = each.path.name
            if not each.is_of_metrics and not each.is_of_areas:
                self.report.not_read[name] = "it has no values of measures by area"
                continue
            self.on_file(name)
            try:
                if each.measured:
                    each.refuse_incomplete()
                each.read(con, scratch)
                if each.measured:
                    self._take_in(con, each)
                if each.is_of_areas:
                    self._take_areas(con, each)
            except InputError as error:
                # A file of an older round only fills what newer ones leave open.
                if each.is_newest:
                    raise
                self.report.not_read[name] = str(error)
                continue
            self.hashes[name] = files.sha256(each.path)
            self.report.read.append(name)
        if not self.report.read:
            raise InputError(
                "No published file of metrics is in the folder",
                file=self.folder,
                expected="files with year, state, county or place, and columns of measures",
                found=", ".join(each.path.name for each in self.candidates[:5]),
            )

    def _take_in(self, con: duckdb.DuckDBPyConnection, each: Candidate) -> None:
        """Add the rows of one file to ``imported``, once they are seen to be right."""
        each.define(con)
        rules = sorted(REFUSED.glob("*.sql"))
        for path in rules[:-1]:
            _refuse(con, path, each)
        con.execute(f"CREATE OR REPLACE TEMP TABLE imported_rows AS {_sql('imported_rows')}")
        _refuse(con, rules[-1], each)
        # The table takes its columns from the first file.
        con.execute(
            "CREATE TABLE IF NOT EXISTS imported AS "
            "SELECT ''::VARCHAR AS file, ''::VARCHAR AS geography, * FROM imported_rows WHERE false"
        )
        con.execute(
            f"INSERT INTO imported SELECT {literal(each.path.name)}, getvariable('geography'), * FROM imported_rows"
        )
        con.execute("INSERT INTO imported_file VALUES (?, ?, ?)", [each.path.name, each.round, bool(each.combined)])

    def _take_areas(self, con: duckdb.DuckDBPyConnection, each: Candidate) -> None:
        code, population = quote(each.geography), "population" if "population" in each.ours else "NULL"
        con.execute(
            f"INSERT INTO areas SELECT DISTINCT ?, ?, ?, ?, year::SMALLINT, state || {code}, state, {code}, state_name, "
            f"{quote(f'{each.geography}_name')}, {population}::BIGINT FROM published_file "
            f"WHERE regexp_full_match(state || {code}, '[0-9]{{5}}|[0-9]{{7}}')",
            [each.path.name, each.round, bool(each.combined), each.geography],
        )

    # -- choosing -------------------------------------------------------------------------------------

    def _choose(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the table ``chosen`` of the slices that are taken, each from one file."""
        con.execute(f"CREATE TABLE slices AS {_sql('imported_slices')}")
        contradiction = con.execute(f"FROM ({_sql('imported_contradictions')}) LIMIT 1").fetchone()
        if contradiction:
            measure, year, geoid, subgroup, one, other, one_value, other_value = contradiction
            raise InputError(
                "Two published files have different values for one cell",
                file=f"{self.folder / one} and {other}",
                column=measure,
                expected="the same value",
                found=f"{year} {geoid} {subgroup}: {one_value} and {other_value}",
                advice="Leave one of them, or give the older one its date: NAME__YYYY-MM-DD.csv",
            )
        con.execute("CREATE TABLE chosen AS SELECT * EXCLUDE (choice, standing) FROM slices WHERE choice = 1")
        older = con.execute(
            "SELECT file, string_agg(DISTINCT measure, ', ' ORDER BY measure) FROM chosen JOIN imported_file USING (file) "
            f"WHERE imported_file.round <> {literal(NEWEST)} GROUP BY file ORDER BY file"
        ).fetchall()
        self.report.notes += [
            f"{file} is of an older round; nothing newer has its {measures}" for file, measures in older
        ]

    # -- writing --------------------------------------------------------------------------------------

    def _areas(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        """Write the lists of areas, per year from the best file: a combined one of the newest round with population."""
        for geography in GEOGRAPHIES:
            if not con.execute("SELECT count(*) FROM areas WHERE geography = ?", [geography]).fetchone()[0]:
                continue
            con.execute(f"SET VARIABLE geography = {literal(geography)}")
            con.execute(f"CREATE OR REPLACE TEMP TABLE area_list AS {_sql('imported_areas')}")
            used = [row[0] for row in con.execute("SELECT DISTINCT file FROM area_list ORDER BY file").fetchall()]
            address = f"method={METHOD}/geography/{geography}_universe.parquet"
            query = (
                f"SELECT year, geoid, state, code AS {geography}, state_name, area_name AS {geography}_name, population, "
                "year AS population_year FROM area_list ORDER BY year, geoid"
            )
            described = {"key": f"geography/{geography}_universe", "partition": None, "geography": None}
            self._write(con, scratch, address, query, described, used, [])

    def _tables(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        con.execute("CREATE TABLE metric_of (metric VARCHAR, measure VARCHAR)")
        con.executemany(
            "INSERT INTO metric_of VALUES (?, ?)", [(slug, name) for name, slug in self.catalog.metric_of.items()]
        )
        con.execute(f"CREATE TABLE kept_rows AS {_sql('imported_kept')}")
        cells = con.execute("SELECT metric, year, geography FROM kept_rows GROUP BY ALL ORDER BY ALL").fetchall()
        for metric, year, geography in cells:
            self._table(con, scratch, metric, year, geography)

    def _table(self, con: duckdb.DuckDBPyConnection, scratch: Path, metric: str, year: int, geography: str) -> None:
        address = f"method={METHOD}/metrics/{metric}/{geography}/{year}.parquet"
        for name, value in {"metric": metric, "year": year, "geography": geography}.items():
            con.execute(f"SET VARIABLE {name} = {sql_value(value)}")
        own = "metric = getvariable('metric') AND year = getvariable('year') AND geography = getvariable('geography')"
        con.execute(f"CREATE OR REPLACE TEMP TABLE estimate AS {_sql('imported_table')}")
        used = [
            row[0] for row in con.execute(f"SELECT DISTINCT file FROM kept_rows WHERE {own} ORDER BY file").fetchall()
        ]
        slices = con.execute(
            f"SELECT DISTINCT measure, subgroup_type, file FROM kept_rows WHERE {own} ORDER BY ALL"
        ).fetchall()
        described = {
            "key": f"metric/{metric}",
            "partition": str(year),
            "geography": geography,
            "slices": [dict(zip(("measure", "subgroup_type", "file"), each, strict=True)) for each in slices],
        }
        before = self.workspace.record(address)
        if before:
            described["slices"] += self._keep(con, address, before, slices)
        self._write(
            con, scratch, address, sqlfile.read(CONTRACT).text, described, used, self._checks(metric, year), before
        )
        label = f"metric/{metric} {year} {geography}"
        self.report.tables[label] = con.execute("SELECT count(*) FROM estimate").fetchone()[0]

    def _keep(self, con: duckdb.DuckDBPyConnection, address: str, before: dict, slices: list[tuple]) -> list[dict]:
        """Add the slices of the table of an earlier import that are not among these; what is kept."""
        path = literal(self.workspace.store.local(address))
        con.execute(
            f"INSERT INTO estimate BY NAME SELECT * EXCLUDE (metric, year, geography) FROM read_parquet({path}, hive_partitioning = false) AS earlier "
            "ANTI JOIN (SELECT DISTINCT measure, subgroup_type FROM estimate) AS new USING (measure, subgroup_type)"
        )
        own = set(con.execute("SELECT DISTINCT measure, subgroup_type FROM estimate").fetchall())
        new = {(measure, family) for measure, family, _ in slices}
        return [each for each in before["slices"] if (each["measure"], each["subgroup_type"]) in own - new]

    def _checks(self, metric: str, year: int):
        """Checks of a table of published values: those of its structure."""

        def run(con: duckdb.DuckDBPyConnection, relation: str) -> list[dict]:
            skipped = [name for name in checks.names() if name not in STRUCTURE]
            return [asdict(each) for each in checks.check_metric(con, self.catalog, metric, year, relation, skipped)]

        return run

    def _write(
        self, con, scratch: Path, address: str, query: str, described: dict, used: list[str], check, before=None
    ):
        """Commit a table with its record, unless it is there with the same content."""
        finished = scratch / "table.parquet"
        mark = ", KV_METADATA {synthetic: 'true'}" if self.synthetic else ""
        con.execute(f"COPY ({query}) TO {literal(finished)} (FORMAT parquet, COMPRESSION zstd{mark})")
        relation = f"read_parquet({literal(finished)}, hive_partitioning = false)"
        raw = {name: self.hashes[name] for name in used} | {
            name: digest_of for name, digest_of in (before or {}).get("raw", {}).items() if name not in self.hashes
        }
        record = {
            "method": METHOD,
            "provider": PROVIDER,
            "data_hash": digest(raw, _code(), ENGINE_EPOCH, duckdb.__version__),
            "metadata_hash": digest(described),
            "shared_with": None,
            "inputs": [
                {
                    "view": "published_file",
                    "kind": "raw",
                    "path": name,
                    "sha256": sha256,
                    "url": None,
                    "vintage": described["partition"],
                    "synthetic": self.synthetic,
                }
                for name, sha256 in sorted(raw.items())
            ],
            "raw": raw,
            "sql": _code(),
            "variables": {},
            "engine": {"epoch": ENGINE_EPOCH, "duckdb": duckdb.__version__},
            "code_version": code_version(),
            "built_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "how_obtained": HOW,
            "folder": str(self.folder),
            "output": {
                "path": address,
                "rows": con.execute(f"SELECT count(*) FROM {relation}").fetchone()[0],
                "sha256": files.sha256(finished),
                "bytes": finished.stat().st_size,
            },
            "notes": [],
            "accepted": [],
            "record_counts": {},
            "checks": check(con, relation) if check else [],
            "synthetic": self.synthetic,
            "seconds": 0.0,
            **described,
        }
        self.workspace.store.commit(address, finished, record)
        self.workspace.forget(address)


def _sql(name: str) -> str:
    return sqlfile.read(FOLDER / f"{name}.sql").text


def _code() -> list[dict]:
    paths = [*sorted(FOLDER.glob("imported_*.sql")), CONTRACT]
    return [{"path": str(path.relative_to(settings.SQL.parent)), "sha256": files.sha256(path)} for path in paths]


def _refuse(con: duckdb.DuckDBPyConnection, path: Path, each: Candidate) -> None:
    query = sqlfile.read(path)
    found = con.execute(f"SELECT *, count(*) OVER () FROM ({query.text}) LIMIT 1").fetchone()
    if found:
        line, column, value, count = found
        raise InputError(
            "A published file cannot be imported",
            file=each.path,
            column=column,
            line=line,
            expected=query.title,
            found=f"{value!r}" + (f" and {count - 1:,} more" if count > 1 else ""),
        )
