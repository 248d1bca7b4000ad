"""One published file, of a metric or combined, as it was downloaded: what its columns are, and its rows as text.

Published files come plain or gzipped, in UTF-8, in Latin-1 or in both, with a date or another mark after the name, with
older names of measures and labels, and some with numbers for FIPS codes (card publication-files, section 3.1).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from pipeline.catalog import Catalog
from pipeline.catalog.models import PublishedFile
from pipeline.errors import InputError
from pipeline.publish.columns import column_role
from pipeline.publish.diff import core, stem_of
from pipeline.publish.publication import OVERALL
from pipeline.publish.tables import GEOGRAPHIES
from pipeline.quoting import literal, quote
from pipeline.readers import text

KEYS = ("year", "state")
SUBGROUP = ("subgroup_type", "subgroup")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")
# What is set after a name and says that columns are lacking, not that the file is of another round of publication.
PARTIAL = "partial"
# The round of a file without a date, which is the one that counts, and of one that is marked without a date.
NEWEST, UNDATED = "9999", "0000"
WIDTHS = {"state": 2, "county": 3, "place": 5}


@dataclass(frozen=True)
class Measured:
    """A column of a file that belongs to a measure."""

    column: str
    measure: str
    role: str


class Candidate:
    """A file that may be a published one. ``missing`` are the texts that stand for a missing value."""

    missing = ("NA", "")

    def __init__(self, path: Path, catalog: Catalog):
        self.path, self.catalog, self.names = path, catalog, catalog.publication.imported
        self.stem = stem_of(path.name)

    # -- what its name says ---------------------------------------------------------------------------

    @property
    def combined(self) -> tuple[str, PublishedFile] | None:
        """Number and entry of the combined file that it is by its name, None for the file of a metric."""
        files = self.catalog.publication.files.items()
        return next(((number, file) for number, file in files if file.stem == core(self.stem)), None)

    @property
    def round(self) -> str:
        """The round of publication, to be compared as text: a file with a date is older than one without."""
        mark = self.stem.removeprefix(core(self.stem)).strip("_").removesuffix(PARTIAL).strip("_")
        date = DATE.search(mark)
        return date[0] if date else UNDATED if mark and not mark.isdigit() else NEWEST

    @property
    def is_newest(self) -> bool:
        """Whether the name does not say that it is of an older round."""
        return self.round == NEWEST

    # -- what its header says -------------------------------------------------------------------------

    @cached_property
    def header(self) -> list[str]:
        """The names of its columns."""
        with text.open_bytes(self.path) as stream:
            line = text.decode_line(stream.readline(), "mixed", self.path, 1).lstrip("\ufeff")
        return next(csv.reader([line.strip("\r\n")]), [])

    @cached_property
    def ours(self) -> list[str]:
        """Our names of its columns."""
        return [self._our_name(name) for name in self.header]

    def _our_name(self, name: str) -> str:
        name = self.names.columns.get(name, name)
        measure, _ = column_role(name)
        return self.names.measures.get(measure, measure) + name.removeprefix(measure)

    @property
    def geography(self) -> str | None:
        """county or place, by the columns that it has."""
        return next((name for name in GEOGRAPHIES if name in self.ours), None)

    @cached_property
    def measured(self) -> list[Measured]:
        """Its columns that belong to measures. A key of a metric's file that is called like a stray column is none."""
        found = []
        for name in self.ours:
            measure, role = column_role(name)
            if measure in self.catalog.metric_of:
                found.append(Measured(name, measure, role))
        return found

    @property
    def is_of_metrics(self) -> bool:
        """Whether it has values of measures by area."""
        return bool(self.measured) and (self.geography is not None or "state" in self.ours)

    @property
    def is_of_areas(self) -> bool:
        """Whether it lists areas with their names."""
        return self.geography is not None and {*KEYS, "state_name", f"{self.geography}_name"} <= set(self.ours)

    @property
    def unread(self) -> list[str]:
        """Columns that are neither keys nor names nor of a measure."""
        known = {*KEYS, *SUBGROUP, "population", "state_name", *(f"{name}_name" for name in GEOGRAPHIES), *GEOGRAPHIES}
        return [name for name in self.ours if name not in known | {each.column for each in self.measured}]

    def refuse_incomplete(self) -> None:
        """Raise InputError where a column is missing: of the keys, or of a measure that the file has others of."""
        lacking = [name for name in KEYS if name not in self.ours]
        lacking += [] if self.geography else ["county or place"]
        lacking += [name for name in SUBGROUP if len({*SUBGROUP} & {*self.ours}) == 1 and name not in self.ours]
        if not lacking:
            for measure in dict.fromkeys(each.measure for each in self.measured):
                roles = {each.role: each.column for each in self.measured if each.measure == measure}
                expected = self._roles_of(measure)
                if measure in self.names.without_bounds and not {"lower", "upper"} & roles.keys():
                    expected = {role: name for role, name in expected.items() if role in ("value", "quality")}
                lacking += [name for role, name in expected.items() if role not in roles]
        if lacking:
            raise InputError(
                "A published file lacks a column",
                file=self.path,
                column=lacking[0],
                line=1,
                expected=", ".join(lacking),
                found=", ".join(self.header),
            )

    def _roles_of(self, measure: str) -> dict[str, str]:
        """Role -> column of a measure in the published files of the geography."""
        found = {"value": measure}
        for file in self.catalog.publication.files.values():
            if file.geography == self.geography:
                found |= {column_role(name)[1]: name for name in file.columns if column_role(name)[0] == measure}
        return found

    # -- its rows -------------------------------------------------------------------------------------

    def read(self, con: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        """Make the file the table ``published_file``, all as text under our names, with its line numbers as ``line``.

        Raises InputError for mixed line ends and for lines that are not of the header's columns.
        """
        plain = scratch / "published.csv"
        text.write_utf8(self.path, plain, "mixed")
        _refuse_mixed_ends(self.path, plain)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.ours)
        missing = ", ".join(map(literal, self.missing))
        try:
            con.execute(
                "CREATE OR REPLACE TEMP TABLE published_file AS SELECT row_number() OVER () + 1 AS line, * "
                f"FROM read_csv({literal(plain)}, header = true, auto_detect = false, delim = ',', quote = '\"', "
                f"escape = '\"', nullstr = [{missing}], columns = {{{columns}}}, hive_partitioning = false)"
            )
        except duckdb.Error as error:
            line = re.search(r"Line: (\d+)", str(error))
            raise InputError(
                "A published file cannot be read",
                file=self.path,
                line=line[1] if line else None,
                expected=f"{len(self.header)} comma-separated columns",
                found=" ".join(str(error).split())[:200],
            ) from error

    def has_subgroups(self, con: duckdb.DuckDBPyConnection) -> bool:
        """Whether the rows differ in their subgroup: a file of nothing but All is an overall one."""
        if not {*SUBGROUP} <= {*self.ours}:
            return False
        return con.execute("SELECT bool_or(subgroup <> 'All') FROM published_file").fetchone()[0] or False

    def define(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the relations that sql/release/imported_rows.sql reads of the file in ``published_file``."""
        subgroups = self.has_subgroups(con)
        pad = {each.measure for each in self.measured} <= {*self.names.unpadded}
        keys = {"year": "year", "state": "state", "area": self.geography}
        shown = ", ".join(f"{_padded(found) if pad else quote(found)} AS {name}" for name, found in keys.items())
        family = "subgroup_type, subgroup" if subgroups else f"'{OVERALL}' AS subgroup_type, 'All' AS subgroup"
        values = ", ".join(quote(each.column) for each in self.measured)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE published_text AS SELECT line, {shown}, {family}, {values} FROM published_file"
        )
        con.execute(f"SET VARIABLE geography = {literal(self.geography)}")
        con.execute(f"SET VARIABLE combined = {self.combined is not None}")
        self._define_absent_rows(con)
        columns = [(each.column, each.measure, each.role, self._format(each.measure)) for each in self.measured]
        _table(con, "imported_column", ("column", "measure", "role", "format"), columns)
        _table(con, "imported_family", ("measure", "subgroup_type", "ours"), self._families())
        _table(con, "imported_label", ("measure", "subgroup_type", "subgroup", "ours"), self._labels())

    def _define_absent_rows(self, con: duckdb.DuckDBPyConnection) -> None:
        """Lines in which the constant of a combined file's stray columns is missing: the measure had no row there."""
        con.execute("CREATE OR REPLACE TEMP TABLE absent_row (measure VARCHAR, line BIGINT)")
        stray = self.combined[1].stray if self.combined else None
        if stray and {*stray.columns} <= {*self.ours}:
            missing = " AND ".join(f"{quote(column)} IS NULL" for column in stray.columns)
            con.execute(
                f"INSERT INTO absent_row SELECT measure, line FROM published_file, (SELECT unnest($1) AS measure) WHERE {missing}",
                [list(dict.fromkeys(each.measure for each in self.measured if each.measure == stray.measure))],
            )

    def _format(self, measure: str) -> str:
        return self.catalog.measure(measure).format

    def _families(self) -> list[tuple]:
        """Names of families in the file and in the metric."""
        measures = {each.measure for each in self.measured}
        found = [(measure, *names) for measure in measures for names in self.names.subgroup_types.items()]
        if self.combined:
            file = self.combined[1]
            found += [
                (each.measure, file.subgroup_type, each.subgroup_type)
                for each in file.relabelled
                if each.measure in measures and each.subgroup_type != file.subgroup_type
            ]
        return found

    def _labels(self) -> list[tuple]:
        """Names of labels in the file and in the metric, by the file's own name of the family."""
        found = [
            (measure, each.subgroup_type, *names)
            for each in self.names.labels
            for measure in each.measures
            for names in each.labels.items()
        ]
        if self.combined:
            file = self.combined[1]
            found += [
                (each.measure, file.subgroup_type, published, label)
                for each in file.relabelled
                for label, published in each.labels.items()
            ]
        return found


def _padded(column: str) -> str:
    """SQL of a code with the zeros that it has lost; of another column the column."""
    name, width = quote(column), WIDTHS.get(column)
    return f"CASE WHEN length({name}) < {width} THEN lpad({name}, {width}, '0') ELSE {name} END" if width else name


def _refuse_mixed_ends(path: Path, plain: Path) -> None:
    with open(plain, "rb") as stream:
        kinds: dict[bool, int] = {}
        for number, line in enumerate(stream, start=1):
            kinds.setdefault(line.endswith(b"\r\n"), number)
            if len(kinds) > 1 and line.endswith(b"\n"):
                raise InputError(
                    "A published file mixes line ends",
                    file=path,
                    line=number,
                    expected="one kind of line end",
                    found="CR LF in some lines, LF in others: parts of two files may have been joined",
                )


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(f'{quote(column)} VARCHAR' for column in columns)})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' for _ in columns)})", rows)
