"""Bytes of raw files in the formats of their publishers, the same on every machine and in every run."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Iterable

import openpyxl
from openpyxl.writer.excel import ExcelWriter

MARK = "SYNTHETIC"
_ZIP_TIME = (2025, 1, 1, 0, 0, 0)


def numbers(*name) -> random.Random:
    """A generator seeded with a name, so that adding one file does not change the numbers of another."""
    return random.Random("/".join(map(str, ("mobility sample", *name))))


def csv_bytes(
    header: Iterable, rows: Iterable[Iterable], encoding="utf-8", quoting=csv.QUOTE_MINIMAL, line_end="\n"
) -> bytes:
    """Rows under a header as comma-separated text. None becomes an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


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


def gzip_bytes(content: bytes) -> bytes:
    """Gzip without file name and time."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def excel_bytes(sheet: str, header: list[str], rows: Iterable[Iterable]) -> bytes:
    """A workbook of one sheet, without the time of writing."""
    workbook = openpyxl.Workbook()
    workbook.active.title = sheet
    workbook.active.append(header)
    for row in rows:
        workbook.active.append(list(row))
    unpacked = io.BytesIO()
    with zipfile.ZipFile(unpacked, "w") as archive:
        ExcelWriter(workbook, archive).save()
    with zipfile.ZipFile(unpacked) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
    members["_rels/.rels"] = _without_core_properties(members["_rels/.rels"])
    members["[Content_Types].xml"] = _without_core_properties(members["[Content_Types].xml"])
    return zip_bytes(members)


def _without_core_properties(xml: bytes) -> bytes:
    """The parts list without core.xml, which holds nothing but the time of writing."""
    pieces = xml.replace(b"/>", b"/>\n").split(b"\n")
    return b"".join(piece for piece in pieces if b"docProps/core.xml" not in piece)
