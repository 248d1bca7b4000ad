"""The bytes of plain, gzip and zip files, decompressed once by ISA-L and verified against their checksum and length."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from isal import igzip, isal_zlib

_PIECE = 1 << 22


def pieces(path: Path, member: str | None = None) -> Iterator[bytes]:
    """The decompressed bytes of ``path``, or of one member of a zip, piece by piece (at most some megabytes).

    Raises one of ``text.DAMAGED`` where the file is cut off or its length or checksum is not the recorded one; what was
    yielded before is then worthless.
    """
    if path.suffix == ".zip":
        yield from _member(path, member)
        return
    with igzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def read_to_end(path: Path) -> None:
    """Decompress a file and drop the result. Raises as ``pieces``."""
    for _ in pieces(path):
        pass


def _member(path: Path, member: str) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
        if info.compress_type != zipfile.ZIP_DEFLATED:
            with archive.open(info) as stream:
                while piece := stream.read(_PIECE):
                    yield piece
            return
    engine, checksum, length = isal_zlib.decompressobj(wbits=-15), 0, 0
    with open(path, "rb") as source:
        source.seek(info.header_offset + 26)
        source.seek(info.header_offset + 30 + sum(struct.unpack("<HH", source.read(4))))
        left = info.compress_size
        while left and (packed := source.read(min(left, _PIECE >> 2))):
            left -= len(packed)
            piece = engine.decompress(packed)
            checksum, length = isal_zlib.crc32(piece, checksum), length + len(piece)
            yield piece
    if left or not engine.eof or (checksum, length) != (info.CRC, info.file_size):
        raise zipfile.BadZipFile(f"the member {member} is cut off or its checksum is wrong")
