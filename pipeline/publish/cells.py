"""The long table of published cells, file by file; a CSV and its Parquet twin are a pivot of it (design §4.4)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import ColumnExpression, ConstantExpression

from pipeline import settings
from pipeline.catalog import Catalog
from pipeline.catalog.models import PublishedFile
from pipeline.errors import InputError
from pipeline.plan import sqlfile
from pipeline.publish import publication, refused
from pipeline.publish.columns import column_role, key_columns
from pipeline.publish.tables import GEOGRAPHIES, Table, areas_address
from pipeline.quoting import literal
from pipeline.run.session import connection, create_macros
from pipeline.run.workspace import Workspace

FOLDER = settings.SQL / "release"
# SQL files of one published file, in the order in which they run, each under the name that the next ones read.
QUERIES = {"printed": "printed.sql", "file_rows": "rows.sql", "cells": "cells.sql", "recent": "recent.sql"}
CELLS = "cells.parquet"
RECENT = "recent"
# Rows of cells.parquet that are written at a time.
BATCH = 200_000


@dataclass
class Written:
    """A published file that was written: its number, rows, and the columns behind its keys."""

    number: str
    file: PublishedFile
    rows: int
    columns: list[str] = field(default_factory=list)


@contextlib.contextmanager
def opened(workspace: Workspace, tables: list[Table], scratch: Path):
    """A DuckDB with the views ``metric_tables`` and ``areas``, the publication's small tables and the macros.

    Raises InputError where a metric table is not what the contract and the catalog say, with the first rows.
    """
    with connection(workspace, scratch) as con:
        con.execute(f"CREATE TABLE areas AS {_areas(workspace)}")
        define(con, workspace.plan.catalog)
        _define_tables(con, workspace, tables)
        _refuse_without_areas(con)
        refused.refuse(con)
        yield con


def _refuse_without_areas(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        "SELECT DISTINCT geography FROM released_table ANTI JOIN areas USING (geography) ORDER BY ALL"
    ).fetchall()
    if found:
        geographies = " and ".join(row[0] for row in found)
        raise InputError(
            f"No list of every {geographies} is at hand, whose rows the files have",
            expected="the populations by year, in the raw directory or among the imported files, or the overall combined file",
            found="none",
            advice="Give --raw, or import the population file or the overall combined file with the others.",
        )


def _define_tables(con: duckdb.DuckDBPyConnection, workspace: Workspace, tables: list[Table]) -> None:
    """The metric tables, which file each row is of, and the types that each file has."""
    paths = [str(workspace.store.local(each.address)) for each in tables]
    listed = f"[{', '.join(map(literal, paths))}]"
    rows = [
        {"table_path": path, "label": each.label, "metric": metric, "year": int(year), "geography": geography}
        for path, each in zip(paths, tables, strict=True)
        for metric, year, geography in [each.label.removeprefix("metric/").split()]
    ]
    refused.define(con, listed, rows)
    con.execute(
        f"CREATE VIEW metric_tables AS FROM read_parquet({listed}, union_by_name = true, "
        "filename = 'table_path', hive_partitioning = false)"
    )


def define(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Create what the SQL files of sql/release read beside ``metric_tables`` and ``areas``."""
    create_macros(con, [settings.SQL / "macros" / "publication.sql"])
    publication.create(con, catalog)
    con.execute(f"SET VARIABLE as_found = {catalog.publication.as_found}")


def _areas(workspace: Workspace) -> str:
    """SQL of the areas of all geographies and years: code is the county's or place's part of the GEOID."""
    columns = "year, geoid, state, {name} AS code, state_name, {name}_name AS area_name, population"
    selects = [
        f"SELECT '{name}' AS geography, {columns.format(name=name)} "
        f"FROM read_parquet({literal(workspace.store.local(address))}, hive_partitioning = false)"
        for name in GEOGRAPHIES
        if (address := areas_address(workspace, name))
    ]
    return " UNION ALL ".join(selects) or (
        "SELECT NULL::VARCHAR AS geography, NULL::SMALLINT AS year, NULL::VARCHAR AS geoid, NULL::VARCHAR AS state, "
        "NULL::VARCHAR AS code, NULL::VARCHAR AS state_name, NULL::VARCHAR AS area_name, NULL::BIGINT AS population "
        "WHERE false"
    )


def assemble(con: duckdb.DuckDBPyConnection, number: str) -> None:
    """Make the tables ``printed``, ``file_rows`` and ``cells`` of one published file."""
    con.execute(f"SET VARIABLE file = {literal(number)}")
    for name, path in QUERIES.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sqlfile.read(FOLDER / path).text}")


class Writer:
    """Writes the published files of a release into a folder, and every cell of them into its cells.parquet."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, folder: Path, describe=lambda column: {}):
        """``describe`` gives the Parquet metadata of a column: name -> text."""
        self.con, self.catalog, self.folder, self.describe = con, catalog, folder, describe
        self.cells: pq.ParquetWriter | None = None
        con.execute("CREATE TABLE rows_per_year (file VARCHAR, year SMALLINT, rows_of_year BIGINT)")
        (folder / RECENT).mkdir()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_):
        if self.cells:
            self.cells.close()
        for name in ("wide", *QUERIES):
            self.con.execute(f"DROP TABLE IF EXISTS {name}")

    def write(self, number: str, file: PublishedFile) -> Written:
        """Write one file. One without any value has no rows and is not written; its columns are those of the contract
        whose measures have a value."""
        assemble(self.con, number)
        written = Written(number, file, self.con.execute("SELECT count(*) FROM file_rows").fetchone()[0])
        if written.rows:
            written.columns = self._columns(file)
            self._append_cells()
            self._export(written)
            self._export_recent(written)
        self.con.execute(
            "INSERT INTO rows_per_year SELECT getvariable('file'), year, count(*) FROM file_rows GROUP BY ALL"
        )
        return written

    def _columns(self, file: PublishedFile) -> list[str]:
        found = self.con.execute("SELECT DISTINCT measure FROM cells WHERE text IS NOT NULL AND role <> 'constant'")
        present = {row[0] for row in found.fetchall()}
        strays = file.stray.columns if file.stray and file.stray.measure in present else {}
        return [column for column in file.columns if column_role(column)[0] in present or column in strays]

    def _append_cells(self) -> None:
        reader = self.con.execute("FROM cells").fetch_record_batch(BATCH)
        if not self.cells:
            self.cells = pq.ParquetWriter(self.folder / CELLS, reader.schema, compression="zstd")
        for batch in reader:
            self.cells.write_batch(batch)

    def _export(self, written: Written) -> None:
        """The pivot of the cells, a row per row of the file: as text in the CSV, as typed columns in its Parquet twin."""
        file, stem = written.file, self.folder / written.file.stem
        wide = self._pivoted("cells", "LEFT")
        at_hand = set(wide.columns)
        keys = _keys(file, key_columns(file))
        cells = [(column, _cell(column, at_hand)) for column in written.columns]
        texts = [cell.alias(column) for column, cell in cells]
        wide.select(*keys, *texts).write_csv(f"{stem}.csv", na_rep=self.catalog.publication.missing, header=True)
        typed = [cell.cast(self._type(column, file)).alias(column) for column, cell in cells]
        table = wide.select(*keys, *typed).fetch_arrow_table()
        described = [each.with_metadata(self.describe(each.name)) for each in table.schema]
        pq.write_table(table.cast(pa.schema(described)), f"{stem}.parquet", compression="zstd")

    def _export_recent(self, written: Written) -> None:
        """The newest values as CSV: the file without its year, and beside each measure the year that it is of."""
        file = written.file
        recent = self._pivoted("recent", "INNER")
        at_hand = set(recent.columns)
        strays = set(file.stray.columns if file.stray else ())
        columns = []
        for column in written.columns:
            measure, role = column_role(column)
            if column not in strays:
                columns += [f"{measure}_year", column] if role == "value" else [column]
        keys = _keys(file, [name for name in key_columns(file) if name != "year"])
        cells = [_cell(column, at_hand).alias(column) for column in columns]
        stem = file.stem.replace("longitudinal", "recent")
        recent.select(*keys, *cells).write_csv(
            str(self.folder / RECENT / f"{stem}.csv"), na_rep=self.catalog.publication.missing, header=True
        )

    def _pivoted(self, texts: str, join: str) -> duckdb.DuckDBPyRelation:
        """The rows of the file, and beside each its texts in columns named as the published ones after ``cell``."""
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE wide AS FROM file_rows {join} JOIN (PIVOT (SELECT row_order, "
            f"'cell ' || \"column\" AS name, text FROM {texts}) ON name USING first(text) GROUP BY row_order) "
            "USING (row_order) ORDER BY row_order"
        )
        return self.con.table("wide")

    def _type(self, column: str, file: PublishedFile) -> str:
        measure, role = column_role(column)
        if file.stray and column in file.stray.columns or role == "quality":
            return "VARCHAR"
        return {"share_pair": "VARCHAR", "integer": "BIGINT"}.get(self.catalog.measure(measure).format, "DOUBLE")


def _keys(file: PublishedFile, names: list[str]) -> list:
    """The key columns of a file as it calls them: code and area_name are the county's or place's."""
    ours = {file.geography: "code", f"{file.geography}_name": "area_name"}
    return [ColumnExpression(ours.get(name, name)).alias(name) for name in names]


def _cell(column: str, at_hand: set[str]):
    name = f"cell {column}"
    return ColumnExpression(name) if name in at_hand else ConstantExpression(None).cast("VARCHAR")
