"""Tables of the American Community Survey as text: the table-based summary file and downloads from data.census.gov.

A line of a table has an estimate and a margin of error, named B03002_001E and B03002_001M by the interface and by
downloads, B03002_E001 and B03002_M001 by the summary file. Here they are E001 and M001, so that tables of one layout
(B17001, B17001B, ...) are read alike, and ``table_id`` says which one it is.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import InputError
from pipeline.quoting import literal, quote
from pipeline.readers import csv_files, table

TABLE = re.compile(r"[BC][0-9]{5}[A-I]?", re.IGNORECASE)
_VARIABLE = re.compile(rf"({TABLE.pattern})_(?:([0-9]{{3}})([EM])|([EM])([0-9]{{3}}))", re.IGNORECASE)


def read(con, name, spec, landed, vintage) -> list:
    """Create the table ``name`` of all landed files (see ``table.create``)."""
    return table.create(con, name, spec, landed, vintage, _read_file)


def _read_file(con, name, spec, relative, path):
    with csv_files.as_relation(spec, path) as (relation, header):
        table_id, lines = variables(spec, relative, path, header)
        chosen = ", ".join(f"{quote(found)} AS {quote(line)}" for line, found in lines.items())
        named = f"(SELECT {quote('GEO_ID')}, {literal(table_id)} AS table_id, {chosen} FROM {relation})"
        csv_files.insert(con, name, spec, relative, path, named, ["GEO_ID", "table_id", *lines])


def variables(spec, relative: str, path: Path, header: list[str]) -> tuple[str, dict[str, str]]:
    """The table that a file holds, and declared line (E001, M001) -> the file's column.

    Raises InputError where the file holds another table than its name says, or lacks a line.
    """
    found = {name: match for name in header if (match := _VARIABLE.fullmatch(name))}
    tables = sorted({match[1].upper() for match in found.values()})
    named = TABLE.findall(relative)
    expected = named[-1].upper() if named else "one table"
    if tables != [expected]:
        raise InputError(
            "A file holds another Census table than its name says",
            file=path,
            expected=expected,
            found=", ".join(tables) or ", ".join(header)[:200],
        )
    lines = {(match[3] or match[4]).upper() + (match[2] or match[5]): name for name, match in found.items()}
    wanted = [column for column in spec.columns if re.fullmatch("[EM][0-9]{3}", column)]
    lacking = [line for line in wanted if line not in lines and not spec.columns[line].optional]
    if lacking or ("GEO_ID" not in header and not {"state", "county"} & set(header)):
        raise InputError(
            "A raw file lacks a column",
            file=path,
            column=", ".join(f"{expected}_{line[1:]}{line[0]}" for line in lacking) or "GEO_ID",
            expected="estimates (E) and margins of error (M) of the lines "
            + ", ".join(sorted({line[1:] for line in wanted}))
            + " and the area",
            found=", ".join(header)[:400],
            advice="If the variables of this vintage have other names, say so in the source's catalog entry.",
        )
    return expected, {line: lines[line] for line in wanted if line in lines}
