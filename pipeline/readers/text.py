"""Raw text files as they come: plain, gzip or zip, UTF-8, Latin-1 or a mixture, with label rows."""

from __future__ import annotations

import contextlib
import fnmatch
import gzip
import io
import zipfile
import zlib
from pathlib import Path

from isal import isal_zlib

from pipeline.errors import InputError

DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, isal_zlib.error, OSError)


@contextlib.contextmanager
def open_bytes(path: Path, member: str | None = None):
    """The decompressed bytes of a raw file as a stream. ``member`` is a glob inside a zip.

    Raises InputError for an empty, cut off or damaged file, a missing member, or a web page saved in
    place of the data.
    """
    if not path.exists():
        raise InputError("A raw file is missing", file=path, expected="the landed file", found="nothing")
    try:
        with contextlib.ExitStack() as stack:
            if path.suffix == ".zip":
                stream = stack.enter_context(_open_member(stack, path, member))
            elif path.suffix == ".gz":
                stream = stack.enter_context(gzip.open(path, "rb"))
            else:
                stream = stack.enter_context(open(path, "rb"))
            stream = io.BufferedReader(stream, 1 << 20) if not isinstance(stream, io.BufferedReader) else stream
            _refuse_web_page(path, stream.peek(512)[:512])
            yield stream
    except DAMAGED as error:
        if getattr(error, "errno", None):  # the disk, not the file
            raise
        raise InputError(
            "A raw file cannot be read to its end",
            file=path,
            expected=f"a complete {path.suffix} file",
            found=f"{type(error).__name__}: {error}",
            advice="It was probably cut off in transfer; get it again.",
        ) from error


def _open_member(stack, path: Path, pattern: str | None):
    archive = stack.enter_context(zipfile.ZipFile(path))
    names = _matching(archive, pattern)
    if len(names) != 1:
        raise InputError(
            "A zip file does not hold the expected member",
            file=path,
            expected=f"one file named {pattern}",
            found=", ".join(archive.namelist()) or "an empty archive",
        )
    return archive.open(names[0])


def _matching(archive: zipfile.ZipFile, pattern: str | None) -> list[str]:
    pattern = (pattern or "*").lower()
    found = [
        each for each in archive.infolist() if fnmatch.fnmatch(each.filename.lower(), pattern) and not each.is_dir()
    ]
    if locked := [each.filename for each in found if each.flag_bits & 1]:
        raise zipfile.BadZipFile(f"{locked[0]} is encrypted")
    return [each.filename for each in found]


def members(path: Path, pattern: str | None) -> list[str]:
    """Names of the members of a zip that match the glob ``pattern``. Raises InputError where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = _matching(archive, pattern)
    except DAMAGED as error:
        raise InputError(
            "A zip file cannot be opened",
            file=path,
            expected="a complete zip file",
            found=f"{type(error).__name__}: {error}",
            advice="Get it again.",
        ) from error
    if not names:
        raise InputError(
            "A zip file holds no expected member", file=path, expected=f"files named {pattern}", found="none"
        )
    return names


def _refuse_web_page(path: Path, head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise InputError("A raw file is empty", file=path, expected="data", found="0 bytes")
    if start.startswith((b"<!doctype html", b"<html", b'<?xml version="1.0" encoding="utf-8"?>\n<!doctype html')):
        raise InputError(
            "A raw file is a web page, not data (an error page was saved in its place)",
            file=path,
            line=1,
            expected="comma-separated text",
            found=start[:60].decode("latin-1"),
            advice="Get the file again.",
        )


def decode_line(line: bytes, encoding: str, path: Path, number: int) -> str:
    """One line as text. ``mixed`` takes UTF-8 where the line is valid UTF-8 and Latin-1 where it is not."""
    try:
        return line.decode("latin-1" if encoding == "latin-1" else "utf-8")
    except UnicodeDecodeError as error:
        if encoding == "mixed":
            return line.decode("latin-1")
        raise InputError(
            "A raw file is not in its declared encoding",
            file=path,
            line=number,
            expected=encoding,
            found=repr(line[max(0, error.start - 10) : error.end + 10]),
            advice="If the publisher changed the encoding, say so in the source's catalog entry.",
        ) from error


def write_utf8(
    path: Path,
    target: Path,
    encoding: str = "utf-8",
    member: str | None = None,
    label_rows: int = 0,
    line_feeds: bool = False,
) -> tuple[str, bool]:
    """Write the file as plain UTF-8 without byte order mark and label rows, with ``line_feeds`` as the only line ends.

    Returns the header line, and whether a line has an odd number of quotes, so that a value goes on in the next one.
    """
    header, open_quote = "", False
    with open_bytes(path, member) as stream, open(target, "w", encoding="utf-8", newline="") as out:
        for number, line in enumerate(stream, start=1):
            text = decode_line(line, encoding, path, number)
            if line_feeds and text.endswith("\r\n"):
                text = f"{text[:-2]}\n"
            if number == 1:
                text = header = text.lstrip("\ufeff")
            elif number <= 1 + label_rows:
                continue
            open_quote = open_quote or text.count('"') % 2 == 1
            out.write(text)
    return header, open_quote
