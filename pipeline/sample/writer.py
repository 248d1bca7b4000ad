"""The raw files of every source, made from the catalog and the sample.yml files.

The catalog says where a file lies, how it is encoded, and its columns' types, widths, constants and codes for
missing values; ``sources/<source>.sample.yml`` which vintages there are and what is in them; the descriptions
beside this module (areas, school districts) what the sources share. Every value is a function of names.
"""

from __future__ import annotations

import csv
import fnmatch
import io
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline import catalog as catalogs
from pipeline import settings
from pipeline.catalog import editions
from pipeline.catalog.models import Column, RawFile, Source, fill
from pipeline.errors import UsageError
from pipeline.sample.formats import WRITERS, packed
from pipeline.sample.models import Description, SampleColumn, SampleFile

_HERE = Path(__file__).parent
_TEXT_READERS = ("csv", "pums")
# Columns of the working table beside those of the file; no file has columns of these names
_PATH, _MEMBER, _LATIN_1 = '"raw file"', '"raw member"', '"raw latin-1"'
# (path, member of a zip) -> content
Documents = dict[tuple[str, str], bytes]


def contents() -> dict[str, bytes]:
    """Relative path -> content of every file. Raises UsageError for an entry that does not fit the catalog."""
    sources = catalogs.load().sources
    found: dict[str, bytes] = {}
    with duckdb.connect() as con:
        con.execute((_HERE / "draws.sql").read_text(encoding="utf-8"))
        for path in sorted(_HERE.glob("*.yml")):
            # What the sources share does not depend on a vintage, so it is made once.
            define(con, path, catalogs.validated(path, editions.read(path), Description), "TABLE")
        for path in sorted((settings.CATALOG / "sources").glob("*.sample.yml")):
            description = catalogs.validated(path, editions.read(path), Description)
            name = path.name.removesuffix(".sample.yml")
            if name not in sources:
                raise UsageError(f"{path}: expected the name of a source; found {name}")
            found |= of_source(con, path, sources[name], description)
    return found


def of_source(con: duckdb.DuckDBPyConnection, path: Path, source: Source, description: Description) -> dict[str, bytes]:
    """Relative path -> bytes of every file of the sample.yml at ``path``."""
    cases = [case for file in description.files for case in _cases(path, source, file)]
    if cases:
        # A view needs to know the types of the variables in it.
        _set_variables(con, cases[0])
    define(con, path, description, "VIEW")
    found: dict[str, dict[str, bytes]] = {}
    for case in cases:
        for (relative, member), content in _documents(con, case).items():
            members = found.setdefault(relative, {})
            # Entries may share a zip, each with members of its own.
            is_free = member not in members if relative.endswith(".zip") else not members
            case.expect(is_free, "path", "a file that no other entry writes", relative)
            members[member] = content
    return {relative: packed(relative, members) for relative, members in found.items()}


def define(con: duckdb.DuckDBPyConnection, path: Path, description: Description, kind: str) -> None:
    """Make the tables of text and the views (or tables: ``kind``) of a description; names are the project's."""
    for name, text in description.data.items():
        header, *rows = csv.reader(io.StringIO(text))
        columns = ", ".join(f"nullif({_quoted(column)}, '') AS {_quoted(column)}" for column in header)
        values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
        named = f"(VALUES {values}) AS text({', '.join(map(_quoted, header))})"
        _run(con, f"{path}: data.{name}", f"CREATE TABLE {_quoted(name)} AS SELECT {columns} FROM {named}")
    for name, query in description.rows.items():
        _run(con, f"{path}: rows.{name}", f"CREATE {kind} {_quoted(name)} AS {query}")


def _run(con, where: str, statement: str) -> None:
    try:
        con.execute(statement)
    except duckdb.Error as error:
        raise UsageError(f"{where}: {error}") from error


def _cases(path: Path, source: Source, file: SampleFile) -> list[_Case]:
    table, form, name = file.of.split(".")
    try:
        entry = source.tables[table]
        raw = entry.forms[form].files[name]
    except KeyError as error:
        raise UsageError(f"{path}: {file.of}: expected table.form.file of the source; it has no {error}") from None
    cases = []
    for vintage in file.vintages or entry.forms[form].vintages or entry.vintages:
        cases.append(_Case(path, file, raw, vintage, entry.vintages.get(vintage) or {}))
        cases[-1].expect(vintage in entry.vintages, "vintages", ", ".join(entry.vintages), vintage)
    return cases


@dataclass(frozen=True)
class _Case:
    """One file entry in one vintage."""

    path: Path
    file: SampleFile
    raw: RawFile
    vintage: str
    variables: dict

    @property
    def where(self) -> str:
        return f"{self.path}: {self.file.of} {self.vintage}"

    @property
    def year(self) -> int:
        return int(self.vintage[:4])

    @property
    def columns(self) -> dict[str, SampleColumn]:
        """The columns that the year has, by their names in it."""
        of_year = {name: each for name, each in self.file.columns.items() if each.first <= self.year <= each.last}
        return {self.filled(name): each for name, each in of_year.items()}

    @property
    def header(self) -> list[str]:
        return [expanded for name in self.columns for expanded in _series(name)]

    def filled(self, template: str | None) -> str:
        return fill(template or "", self.vintage, self.variables)

    def expect(self, holds: bool, field: str, expected, found) -> None:
        if not holds:
            raise UsageError(f"{self.where}: {field}: expected {expected}; found {found}")


def _set_variables(con, case: _Case) -> None:
    known = {"vintage": case.vintage, "year": case.year, "sample": case.vintage[5:], **case.variables}
    for name, value in known.items():
        con.execute(f"SET VARIABLE {_quoted(name)} = {_literal(value) if isinstance(value, str) else value}")


def _documents(con, case: _Case) -> Documents:
    _set_variables(con, case)
    _check_header(case)
    _make_table(con, case)
    if case.raw.reader in _TEXT_READERS:
        documents = _text_documents(con, case)
    else:
        case.expect(
            case.raw.reader in WRITERS, "of", f"a file of {', '.join((*_TEXT_READERS, *WRITERS))}", case.raw.reader
        )
        header = [case.file.labels.get(name, name) for name in case.header]
        documents = WRITERS[case.raw.reader](header, _row_documents(con, case), case.filled(case.raw.url))
    pattern = case.filled(case.raw.path)
    for relative, member in documents:
        is_found = any(fnmatch.fnmatchcase(relative, each) for each in (pattern, f"{pattern}.gz"))
        case.expect(is_found, "path", f"a file that the catalog finds as {pattern}", relative)
        is_member = not relative.endswith(".zip") or fnmatch.fnmatch(member.lower(), (case.raw.member or "*").lower())
        case.expect(is_member, "member", f"one that the catalog finds as {case.raw.member}", repr(member))
    more = {name: text.encode() for name, text in case.file.more_members.items()}
    return documents | {(relative, name): text for relative, _ in documents for name, text in more.items()}


def _check_header(case: _Case) -> None:
    present = [name.lower() for name in case.header]
    twice = sorted({name for name in present if present.count(name) > 1})
    case.expect(not twice, "columns", "each name once", f"{', '.join(twice)} twice")
    for column, declared in case.raw.columns.items():
        names = [column, *declared.also]
        # A sum is made of other columns when the file is read.
        has_it = declared.optional or column in case.raw.sums or any(name.lower() in present for name in names)
        case.expect(
            has_it, "columns", f"{' or '.join(names)}, which the catalog requires", ", ".join(case.header)[:200]
        )


def _make_table(con, case: _Case) -> None:
    """The table ``content``: path and member of each row, then the file's columns, sorted by all of them."""
    declared = {name.lower(): each for column, each in case.raw.columns.items() for name in (column, *each.also)}
    chosen = [f"{_filled_by_row(case.filled(case.file.path or case.raw.path))} AS {_PATH}"]
    chosen.append(f"{_filled_by_row(case.filled(case.file.member))} AS {_MEMBER}")
    for name, column in case.columns.items():
        chosen.append(f"{_value(name, column, declared.get(name.lower()), case)} AS {_quoted(name)}")
    chosen.append(f"({case.file.latin_1}) AS {_LATIN_1}")
    query = f"SELECT {', '.join(chosen)} FROM ({case.file.rows}) ORDER BY ALL"
    _run(con, case.where, f"CREATE OR REPLACE TABLE content AS {query}")


def _filled_by_row(template: str) -> str:
    """A path with {columns} as a SQL expression."""
    parts = re.split(r"\{(\w+)\}", template)
    return f"concat({', '.join(_quoted(part) if at % 2 else _literal(part) for at, part in enumerate(parts))})"


def _value(name: str, column: SampleColumn, declared: Column | None, case: _Case) -> str:
    if column.value is not None:
        return column.value
    if declared and declared.expect:
        return _literal(declared.expect.format(vintage=case.vintage, year=case.year, next_year=case.year + 1))
    if declared and declared.type == "fips":
        return f"{_quoted(name)}::BIGINT" if declared.pad else f"lpad({_quoted(name)}::VARCHAR, {declared.width}, '0')"
    return _quoted(name)


def _text_documents(con, case: _Case) -> Documents:
    """Header, label rows and lines of each file, in its encoding."""
    types = dict(con.execute("SELECT column_name, column_type FROM (DESCRIBE content)").fetchall())
    fields = ", ".join(_field(name, types[name], case) for name in case.columns)
    query = f"SELECT {_PATH}, {_MEMBER}, {_LATIN_1}, concat_ws({_literal(case.raw.delimiter)}, {fields}) FROM content ORDER BY rowid"
    head = io.StringIO()
    quoting = csv.QUOTE_ALL if case.file.quote == "texts" else csv.QUOTE_MINIMAL
    labels = [case.file.labels.get(name, name) for name in case.header]
    csv.writer(head, delimiter=case.raw.delimiter, lineterminator="\n", quoting=quoting).writerows(
        [case.header, *[labels] * case.raw.label_rows]
    )
    encoding = "latin-1" if case.raw.encoding == "latin-1" else "utf-8"
    start = (b"\xef\xbb\xbf" if case.file.byte_order_mark else b"") + head.getvalue().encode(encoding)
    lines: dict[tuple[str, str], list[bytes]] = {}
    for relative, member, latin_1, line in con.execute(query).fetchall():
        text = (line + case.file.line_end).encode("latin-1" if latin_1 else encoding)
        lines.setdefault((relative, member), [start]).append(text)
    return {target: b"".join(each) for target, each in lines.items()}


def _field(name: str, sql_type: str, case: _Case) -> str:
    """A column as text: a number without needless decimals, a text in quotes where it needs or gets them."""
    value = f"{_quoted(name)}::VARCHAR"
    if sql_type.endswith("[]"):
        value = f"array_to_string({_quoted(name)}, {_literal(case.raw.delimiter)})"
    elif sql_type in ("DOUBLE", "FLOAT"):
        value = f"regexp_replace({value}, '\\.0$', '')"
    elif sql_type == "VARCHAR":
        special = _literal(f'["\\n{case.raw.delimiter}]')
        needed = "true" if case.file.quote == "texts" else f"regexp_matches({value}, {special})"
        value = f"CASE WHEN {needed} THEN '\"' || replace({value}, '\"', '\"\"') || '\"' ELSE {value} END"
    codes = case.raw.columns[name].null if name in case.raw.columns else []
    return f"coalesce({value}, {_literal(codes[0] if codes else '')})"


def _row_documents(con, case: _Case) -> dict[tuple[str, str], list[list]]:
    """Rows of values of each file; a list becomes as many values."""
    names = ", ".join(map(_quoted, case.columns))
    documents: dict[tuple[str, str], list[list]] = {}
    query = f"SELECT {_PATH}, {_MEMBER}, {names} FROM content ORDER BY rowid"
    for relative, member, *row in con.execute(query).fetchall():
        flat = [value for each in row for value in (each if isinstance(each, list) else [each])]
        documents.setdefault((relative, member), []).append(flat)
    return documents


def _series(name: str) -> list[str]:
    """``l50_{1..8}`` as l50_1 to l50_8; any other name as it is."""
    found = re.search(r"\{(\d+)\.\.(\d+)\}", name)
    if not found:
        return [name]
    return [name.replace(found.group(), str(number)) for number in range(int(found[1]), int(found[2]) + 1)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
