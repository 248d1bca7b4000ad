"""The bytes of a small SAS data set (sas7bdat): 32-bit, little-endian, not compressed; one page of names, then pages of rows.

The format is not documented by its owner; this is what pandas reads of it.
"""

from __future__ import annotations

import struct

_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_HEADER, _PAGE = 1024, 65536
# What a page begins with, and then its list of parts or its rows
_PAGE_HEAD = 24
_META, _DATA = 0, 0x100
_ROW_SIZE, _COLUMN_SIZE, _TEXT, _NAMES, _ATTRIBUTES, _FORMAT = (
    bytes.fromhex(mark) for mark in ("f7f7f7f7", "f6f6f6f6", "fdffffff", "ffffffff", "fcffffff", "fefbffff")
)


def data_set(header: list[str], rows: list[list]) -> bytes:
    """A data set with the columns ``header``: text where a row has text, else numbers; None is missing."""
    widths = [_text_width(column) for column in zip(*rows, strict=True)]
    lengths = [width or 8 for width in widths]
    records = [b"".join(map(_value, row, widths)) for row in rows]
    a_page = (_PAGE - _PAGE_HEAD) // sum(lengths)
    groups = [records[first : first + a_page] for first in range(0, len(records), a_page)]
    pages = [_names_page(header, lengths, [bool(width) for width in widths], len(rows))]
    pages += [_page(_DATA, len(group), 0, b"".join(group)) for group in groups]
    return _file_header(len(pages)) + b"".join(pages)


def _text_width(column) -> int:
    """Bytes of the longest text of a column, 0 where it has numbers."""
    return max((len(value) for value in column if isinstance(value, str)), default=0)


def _value(value, width: int) -> bytes:
    if width:
        return (value or "").encode("latin-1").ljust(width)
    return struct.pack("<d", float("nan") if value is None else float(value))


def _file_header(pages: int) -> bytes:
    head = bytearray(_HEADER)
    head[: len(_MAGIC)] = _MAGIC
    head[35] = head[32] = ord("2")
    head[37], head[39], head[70] = 1, ord("1"), 29
    head[84:92] = b"SAS FILE"
    head[92:101] = b"SYNTHETIC"
    struct.pack_into("<III", head, 196, _HEADER, _PAGE, pages)
    return bytes(head)


def _page(kind: int, blocks: int, parts: int, content: bytes) -> bytes:
    return (bytes(16) + struct.pack("<HHHH", kind, blocks, parts, 0) + content).ljust(_PAGE, b"\0")


def _names_page(header: list[str], lengths: list[int], are_texts: list[bool], rows: int) -> bytes:
    names = b"".join(name.encode() for name in header)
    starts = [2 + sum(len(name) for name in header[:number]) for number in range(len(header))]
    columns = len(header)
    size = bytearray(_ROW_SIZE.ljust(480, b"\0"))
    struct.pack_into("<II", size, 20, sum(lengths), rows)
    struct.pack_into("<II", size, 36, columns, 0)
    pointers = [struct.pack("<HHHH", 0, start, len(name), 0) for start, name in zip(starts, header, strict=True)]
    attributes = [
        struct.pack("<IIHBB", sum(lengths[:number]), lengths[number], 0, 2 if are_texts[number] else 1, 0)
        for number in range(columns)
    ]
    parts = [
        bytes(size),
        _COLUMN_SIZE + struct.pack("<II", columns, 0),
        _TEXT + struct.pack("<H", 2 + len(names)) + names + bytes(64),
        _NAMES + bytes(8) + b"".join(pointers) + bytes(8),
        _ATTRIBUTES + bytes(8) + b"".join(attributes) + bytes(8),
        *[_FORMAT + bytes(60)] * columns,
    ]
    listed, content = b"", b""
    begin = _PAGE_HEAD + 12 * len(parts)
    for part in parts:
        listed += struct.pack("<IIBBH", begin + len(content), len(part), 0, 0, 0)
        content += part
    return _page(_META, len(parts), len(parts), listed + content)
