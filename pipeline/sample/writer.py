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
from pathlib import Path

import duckdb

from pipeline import catalog as catalogs
from pipeline import settings
from pipeline.catalog.models import Column, RawFile, fill
from pipeline.errors import UsageError
from pipeline.sample.formats import WRITERS, packed
from pipeline.sample.models import Description, SampleColumn, SampleFile

_HERE = Path(__file__).parent
_TEXT_READERS = ("csv", "pums")
# Columns of the working table beside those of the file; no file has columns of these names
_PATH, _MEMBER, _LATIN_1 = '"raw file"', '"raw member"', '"raw latin-1"'


def contents() -> dict[str, bytes]:
    """Relative path -> content of every file. Raises UsageError for an entry that does not fit the catalog."""
    found: dict[str, bytes] = {}
    with duckdb.connect() as con:
        con.execute((_HERE / "draws.sql").read_text(encoding="utf-8"))
        for path in sorted(_HERE.glob("*.yml")):
            # What the sources share does not depend on a vintage, so it is made once.
            _define(con, path, catalogs.read_yaml(path, Description), "TABLE")
        for path in sorted((settings.CATALOG / "sources").glob("*.sample.yml")):
            description = catalogs.read_yaml(path, Description)
            _define(con, path, description, "VIEW")
            for file in description.files:
                for relative, content in _written(con, path, file).items():
                    if relative in found:
                        raise UsageError(f"{path}: {file.of}: {relative} is written twice.")
                    found[relative] = content
    return found


def _define(con, path: Path, description: Description, kind: str) -> None:
    """Tables and views of a description; a name may be given once in all of them."""
    for name, text in description.data.items():
        header, *rows = csv.reader(io.StringIO(text))
        columns = ", ".join(f"nullif({_quoted(column)}, '') AS {_quoted(column)}" for column in header)
        values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
        named = f"(VALUES {values}) AS text({', '.join(map(_quoted, header))})"
        _run(con, path, f"data.{name}", f"CREATE TABLE {_quoted(name)} AS SELECT {columns} FROM {named}")
    for name, query in description.rows.items():
        _run(con, path, f"rows.{name}", f"CREATE {kind} {_quoted(name)} AS {query}")


def _run(con, path: Path, entry: str, statement: str) -> None:
    try:
        con.execute(statement)
    except duckdb.Error as error:
        raise UsageError(f"{path}: {entry}: {error}") from error


def _written(con, path: Path, file: SampleFile) -> dict[str, bytes]:
    """Relative path -> bytes of one file entry, all vintages."""
    source = path.name.removesuffix(".sample.yml")
    table, form, name = file.of.split(".")
    try:
        entry = catalogs.load().sources[source].tables[table]
        raw = entry.forms[form].files[name]
    except KeyError as error:
        raise UsageError(f"{path}: {file.of}: expected table.form.file of the source; the catalog has no {error}") from None
    found = {}
    for vintage in file.vintages or entry.forms[form].vintages or entry.vintages:
        if vintage not in entry.vintages:
            raise UsageError(f"{path}: {file.of}: vintages: expected one of {', '.join(entry.vintages)}; found {vintage}")
        where = f"{file.of} {vintage}"
        found |= _of_vintage(con, path, where, file, raw, vintage, entry.vintages[vintage])
    return found


def _of_vintage(con, path, where, file: SampleFile, raw: RawFile, vintage: str, variables: dict) -> dict[str, bytes]:
    _set_variables(con, vintage, variables)
    year = int(vintage[:4])
    columns = {fill(name, vintage): each for name, each in file.columns.items() if each.first <= year <= each.last}
    header = [expanded for name in columns for expanded in _series(name)]
    _check_header(path, where, raw, header)
    pattern = fill(raw.path, vintage, variables)
    targets = [fill(file.path or pattern, vintage, variables), fill(file.member or "", vintage, variables)]
    _make_table(con, path, where, file, raw, columns, targets, vintage)
    if raw.reader in _TEXT_READERS:
        documents = _text_documents(con, file, raw, columns, header)
    elif raw.reader in WRITERS:
        documents = WRITERS[raw.reader](header, _row_documents(con, columns), fill(raw.url or "", vintage, variables))
    else:
        raise UsageError(f"{path}: {where}: the sample has no writer for files of the reader {raw.reader}.")
    files: dict[str, dict[str, bytes]] = {}
    for (relative, member), content in documents.items():
        if not fnmatch.fnmatchcase(relative.removesuffix("" if pattern.endswith(".gz") else ".gz"), pattern.removesuffix("*") + "*"):
            raise UsageError(f"{path}: {where}: path: expected a file that the catalog finds as {pattern}; found {relative}")
        if not fnmatch.fnmatchcase(member.lower(), (raw.member or "*").lower()) and relative.endswith(".zip"):
            raise UsageError(f"{path}: {where}: member: expected {raw.member}; found {member}")
        files.setdefault(relative, {})[member] = content
    more = {name: text.encode() for name, text in file.more_members.items()}
    return {relative: packed(relative, members | more) for relative, members in files.items()}


def _set_variables(con, vintage: str, variables: dict) -> None:
    known = {"vintage": vintage, "year": int(vintage[:4]), "sample": vintage[5:], **variables}
    for name, value in known.items():
        con.execute(f"SET VARIABLE {_quoted(name)} = {_literal(value) if isinstance(value, str) else value}")


def _check_header(path: Path, where: str, raw: RawFile, header: list[str]) -> None:
    present = [name.lower() for name in header]
    doubled = sorted({name for name in present if present.count(name) > 1})
    missing = [
        column
        for column, declared in raw.columns.items()
        if not declared.optional and not {name.lower() for name in (column, *declared.also)} & set(present)
    ]
    if missing:
        raise UsageError(f"{path}: {where}: columns: expected {', '.join(missing)}, which the catalog requires; found none")
    if doubled:
        raise UsageError(f"{path}: {where}: columns: {', '.join(doubled)} twice")


def _make_table(con, path, where, file: SampleFile, raw: RawFile, columns: dict, targets: list[str], vintage: str) -> None:
    """The table ``content``: path and member of each row, then the file's columns, sorted by all of them."""
    declared = {name.lower(): each for column, each in raw.columns.items() for name in (column, *each.also)}
    chosen = [f"{_filled(target)} AS {alias}" for target, alias in zip(targets, (_PATH, _MEMBER), strict=True)]
    chosen += [f"{_value(name, each, declared.get(name.lower()), vintage)} AS {_quoted(name)}" for name, each in columns.items()]
    chosen.append(f"({file.latin_1}) AS {_LATIN_1}")
    _run(con, path, where, f"CREATE OR REPLACE TABLE content AS SELECT {', '.join(chosen)} FROM ({file.rows}) ORDER BY ALL")


def _filled(template: str) -> str:
    """A path with {columns} as a SQL expression."""
    parts = re.split(r"\{(\w+)\}", template)
    return "concat('', " + ", ".join(_quoted(part) if at % 2 else _literal(part) for at, part in enumerate(parts)) + ")"


def _value(name: str, column: SampleColumn, declared: Column | None, vintage: str) -> str:
    if column.value is not None:
        return column.value
    if declared and declared.expect:
        return _literal(declared.expect.format(vintage=vintage, next_year=int(vintage[:4]) + 1))
    if declared and declared.type == "fips":
        return f"{_quoted(name)}::BIGINT" if declared.pad else f"lpad({_quoted(name)}::VARCHAR, {declared.width}, '0')"
    return _quoted(name)


def _text_documents(con, file: SampleFile, raw: RawFile, columns: dict, header: list[str]) -> dict[tuple, bytes]:
    """(path, member) -> header, label row and lines, each in its encoding."""
    types = dict(con.execute("SELECT column_name, column_type FROM (DESCRIBE content)").fetchall())
    fields = ", ".join(_field(name, types[name], file, raw) for name in columns)
    lines = con.execute(f"SELECT {_PATH}, {_MEMBER}, {_LATIN_1}, concat_ws(',', {fields}) FROM content ORDER BY rowid")
    head = io.StringIO()
    quoting = csv.QUOTE_ALL if file.quote == "texts" else csv.QUOTE_MINIMAL
    writer = csv.writer(head, lineterminator="\n", quoting=quoting)
    writer.writerow(header)
    writer.writerows([[file.labels.get(name, name) for name in header]] * raw.label_rows)
    encoding = "latin-1" if raw.encoding == "latin-1" else "utf-8"
    start = (b"\xef\xbb\xbf" if file.byte_order_mark else b"") + head.getvalue().encode(encoding)
    documents: dict[tuple, list[bytes]] = {}
    for relative, member, latin_1, line in lines.fetchall():
        text = (line + file.line_end).encode("latin-1" if latin_1 else encoding)
        documents.setdefault((relative, member), [start]).append(text)
    return {target: b"".join(each) for target, each in documents.items()}


def _field(name: str, sql_type: str, file: SampleFile, raw: RawFile) -> str:
    """A column as text: a number without needless decimals, a text in quotes where it needs or gets them."""
    value = f"{_quoted(name)}::VARCHAR"
    if sql_type.endswith("[]"):
        value = f"array_to_string({_quoted(name)}, ',')"
    elif sql_type in ("DOUBLE", "FLOAT"):
        value = f"regexp_replace({value}, '\\.0$', '')"
    elif sql_type == "VARCHAR":
        needed = "true" if file.quote == "texts" else f"regexp_matches({value}, '[,\"\\n]')"
        value = f"CASE WHEN {needed} THEN '\"' || replace({value}, '\"', '\"\"') || '\"' ELSE {value} END"
    codes = raw.columns[name].null if name in raw.columns else []
    return f"coalesce({value}, {_literal(codes[0] if codes else '')})"


def _row_documents(con, columns: dict) -> dict[tuple, list[list]]:
    """(path, member) -> rows of values; a list becomes as many values."""
    names = ", ".join(_quoted(name) for name in columns)
    documents: dict[tuple, list[list]] = {}
    for relative, member, *row in con.execute(f"SELECT {_PATH}, {_MEMBER}, {names} FROM content ORDER BY rowid").fetchall():
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
    return "'" + str(text).replace("'", "''") + "'"
