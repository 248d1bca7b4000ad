"""Bytes of raw files in the publishers' formats, the same on every machine and in every run.

A function per reader of the catalog makes the documents of one file entry: it gets the header, the rows as
tuples and what the catalog and the sample say of the file. Text files are not here: the writer makes their
lines in SQL.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import openpyxl
from openpyxl.writer.excel import ExcelWriter

from pipeline.readers.census_table import TABLE
from pipeline.sample.sas_bytes import data_set

_ZIP_TIME = (2025, 1, 1, 0, 0, 0)


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A zip with a fixed time on every member."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()


def packed(path: str, members: dict[str, bytes]) -> bytes:
    """The file's bytes: a zip of its members, gzip without file name and time, or its only member as it is."""
    if path.endswith(".zip"):
        return zip_bytes(members)
    (content,) = members.values()
    return gzip.compress(content, compresslevel=6, mtime=0) if path.endswith(".gz") else content


def excel(header: list[str], documents: dict, url: str) -> dict:
    """Workbooks of one sheet, without the time of writing."""
    return {name: _workbook([header, *rows]) for name, rows in documents.items()}


def excel_groups(header: list[str], documents: dict, url: str) -> dict:
    """Workbooks whose second sheet has the groups of its columns (``group: name``) in a row above their names."""
    groups, names = [], []
    for title in header:
        group, _, name = title.rpartition(": ")
        groups.append(group if group and group not in groups else None)
        names.append(name)
    return {name: _workbook([groups, names, *rows], "Ranked Measure Data") for name, rows in documents.items()}


def _workbook(rows, sheet: str | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    if sheet:
        workbook.active.append(["SYNTHETIC"])
        workbook.active = workbook.create_sheet(sheet)
    for row in rows:
        workbook.active.append(row)
    unpacked = io.BytesIO()
    with zipfile.ZipFile(unpacked, "w") as archive:
        ExcelWriter(workbook, archive).save()
    with zipfile.ZipFile(unpacked) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    for part in ("_rels/.rels", "[Content_Types].xml"):
        members[part] = _without_core_properties(members[part])
    return zip_bytes(members)


def _without_core_properties(xml: bytes) -> bytes:
    """The parts list without core.xml, which holds nothing but the time of writing."""
    pieces = xml.replace(b"/>", b"/>\n").split(b"\n")
    return b"".join(piece for piece in pieces if b"docProps/core.xml" not in piece)


def json_pages(header: list[str], documents: dict, url: str) -> dict:
    """Pages of an answer of the Education Data Portal, each with the address of the next."""
    count = sum(map(len, documents.values()))
    pages = {}
    for number, (name, rows) in enumerate(documents.items(), start=1):
        following = f"{url}?page={number + 1}" if number < len(documents) else None
        results = [dict(zip(header, row, strict=True)) for row in rows]
        pages[name] = json.dumps({"count": count, "next": following, "previous": None, "results": results}).encode()
    return pages


def json_table(header: list[str], documents: dict, url: str) -> dict:
    """Answers of the Census Bureau's data interface: an array of arrays of text, the first one the names."""
    answers = {}
    for name, rows in documents.items():
        texts = [[None if value is None else str(value) for value in row] for row in rows]
        answers[name] = json.dumps([header, *texts]).encode()
    return answers


def living_wage_pages(header: list[str], documents: dict, url: str) -> dict:
    """County pages of the Living Wage Calculator: the wages, last of the columns, in one row of a table."""
    return {
        name: (
            "<!DOCTYPE html><html><body><h1>SYNTHETIC</h1><table>\n<tr><td>Living Wage</td>"
            + "".join(f"<td>${row[-1]:.2f}</td>" for row in rows)
            + "</tr>\n</table></body></html>\n"
        ).encode()
        for name, rows in documents.items()
    }


def shapefile(header: list[str], documents: dict, url: str) -> dict:
    """The parts of a shapefile in longitude and latitude (NAD 83) for each document; ``geometry`` is well-known text."""
    return {
        (path, f"{PurePosixPath(path).stem}{suffix}"): content
        for (path, _), rows in documents.items()
        for suffix, content in _shapefile_parts(header, rows).items()
    }


def _shapefile_parts(header: list[str], rows: list[list]) -> dict[str, bytes]:
    # GDAL and its data take a while to import.
    import geopandas
    import pandas

    frame = pandas.DataFrame(rows, columns=header)
    shapes = geopandas.GeoSeries.from_wkt(frame.pop("geometry"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "shapes.shp"
        geopandas.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4269").to_file(
            target, DBF_DATE_LAST_UPDATE="2025-01-01"
        )
        return {path.suffix: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def sas(header: list[str], documents: dict, url: str) -> dict:
    """SAS data sets, each in a zip of its own."""
    return {name: data_set(header, rows) for name, rows in documents.items()}


def wonder(header: list[str], documents: dict, url: str) -> dict:
    """Exports of CDC WONDER: rows, a line of totals, and what was asked for (columns ``query: …`` that have a value) as a
    footer."""
    exports = {}
    for name, rows in documents.items():
        asked = [
            f"{title.removeprefix('query: ')}: {value}"
            for title, value in zip(header, rows[0], strict=True)
            if "query: " in title and value
        ]
        kept = [at for at, title in enumerate(header) if "query: " not in title]
        out = io.StringIO()
        lines = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        lines.writerow(["Notes", *(header[at] for at in kept)])
        lines.writerows(["", *(row[at] for at in kept)] for row in rows)
        lines.writerow(["Total", *[""] * len(kept)])
        lines.writerows([line] for line in ("---", *asked, "Group By: County", "---", "SYNTHETIC"))
        exports[name] = out.getvalue().encode()
    return exports


# What a GEO_ID of tracts, counties and places begins with -> names and widths of the codes that follow
_CENSUS_AREAS = {
    "1400000US": {"state": 2, "county": 3, "tract": 6},
    "0500000US": {"state": 2, "county": 3},
    "1600000US": {"state": 2, "place": 5},
}


def census_api(header: list[str], documents: dict, url: str) -> dict:
    """Answers of the Census Bureau's interface: lines by their names, and codes of the area in place of GEO_ID."""
    answers = {}
    for (path, member), rows in documents.items():
        codes = _CENSUS_AREAS[rows[0][0][:9]]
        names = [
            name for name in _line_names(header, path, "{table}_{number}{kind}") if name not in ("GEO_ID", "table_id")
        ]
        answer = [[*names, *codes]]
        for row in rows:
            values = dict(zip(header, row, strict=True))
            area, kept = (
                values["GEO_ID"][9:],
                [value for name, value in values.items() if name not in ("GEO_ID", "table_id")],
            )
            for width in codes.values():
                kept, area = [*kept, area[:width]], area[width:]
            answer.append([value if value is None else str(value) for value in kept])
        lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in answer)
        answers[path, member] = f"[{lines}]".encode()
    return answers


def census_table(header: list[str], documents: dict, url: str) -> dict:
    """The table-based summary file (.dat), or a download with labels and byte order mark (.csv)."""
    tables = {}
    for (path, member), rows in documents.items():
        at = header.index("table_id")
        kept = [row[:at] + row[at + 1 :] for row in rows]
        shown = [name for name in header if name != "table_id"]
        stream = io.StringIO()
        if ".dat" in path:
            writer = csv.writer(stream, delimiter="|", lineterminator="\n")
            at = shown.index("NAME")
            shown, kept = shown[:at] + shown[at + 1 :], [row[:at] + row[at + 1 :] for row in kept]
            writer.writerow(_line_names(shown, path, "{table}_{kind}{number}"))
        else:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
            stream.write("\ufeff")
            writer.writerow(_line_names(shown, path, "{table}_{number}{kind}"))
            writer.writerow(["Geography", "Geographic Area Name", *("SYNTHETIC " + name for name in shown[2:])])
        writer.writerows(kept)
        tables[path, member] = stream.getvalue().encode()
    return tables


def _line_names(header: list[str], path: str, form: str) -> list[str]:
    """E001 as the publisher writes it, with the table that the path names."""
    table = TABLE.findall(path)[-1].upper()
    return [
        form.format(table=table, kind=name[0], number=name[1:]) if re.fullmatch("[EM][0-9]{3}", name) else name
        for name in header
    ]


# Reader of the catalog -> what makes its documents
WRITERS = {
    "census_api": census_api,
    "census_table": census_table,
    "excel": excel,
    "excel_groups": excel_groups,
    "json_pages": json_pages,
    "json_table": json_table,
    "living_wage_pages": living_wage_pages,
    "sas": sas,
    "shapefile": shapefile,
    "wonder": wonder,
}
