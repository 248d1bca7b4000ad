"""Lands a sums pack: the zip that ``mobility pack`` writes, or the folder that it was unpacked into."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path

from pipeline.errors import InputError
from pipeline.plan.packs import CONTENT, FORMAT, folder
from pipeline.store import files
from pipeline.store.landing import Landing

REMAKE = "Get the pack again, or make one: mobility pack VERSION"


def land(landing: Landing, file: Path, scratch: Path) -> dict:
    """Land the tables of a pack, whole or not at all; its content.

    A pack that is landed already stays as it is. InputError for a file that is no pack, is damaged, or has another content
    under a version that is landed; ``scratch`` is a folder for unfinished files, in the raw directory's file system or not.
    """
    with _opened(file) as read:
        content = _content(file, read)
        home = folder(content["method"], content["version"])
        told = f"{home}/{CONTENT}"
        if landing.find(told) and (known := files.read_json(landing.locate(told))) != content:
            raise InputError(
                f"Another pack of the release {content['version']} is landed",
                file=landing.locate(told),
                expected="the same tables" if known else "a complete file",
                found="others",
                advice="Take away its folder, or give another --raw.",
            )
        for name, table in content["tables"].items():
            found = read(f"{name}.parquet")
            unfinished = scratch / "table.parquet"
            unfinished.write_bytes(found or b"")
            if found is None or files.sha256(unfinished) != table["sha256"]:
                raise InputError(
                    "A sums pack is damaged",
                    file=f"{file}, {name}.parquet",
                    expected=f"sha256 {table['sha256']}",
                    found="nothing" if found is None else files.sha256(unfinished),
                    advice=REMAKE,
                )
            _land(landing, f"{home}/{name}.parquet", unfinished, content)
        # The last of all: without it there is no pack.
        unfinished = scratch / CONTENT
        unfinished.write_text(files.as_json(content), encoding="utf-8")
        _land(landing, told, unfinished, content)
    return content


def _land(landing: Landing, path: str, unfinished: Path, content: dict) -> None:
    synthetic = {"synthetic": True} if content["synthetic"] else {}
    landing.land(path, unfinished, how_obtained=f"sums pack of the release {content['version']}", **synthetic)


@contextlib.contextmanager
def _opened(file: Path):
    """A function that gives the bytes of a member, None for one that is not there."""
    if file.is_dir():
        yield lambda name: (file / name).read_bytes() if (file / name).is_file() else None
        return
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            yield lambda name: archive.read(name) if name in names else None
    except FileNotFoundError as error:
        raise InputError("A sums pack is missing", file=file, expected="a zip or folder", found="nothing") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise InputError(
            "A sums pack cannot be read", file=file, expected="a zip or folder", found=str(error), advice=REMAKE
        ) from error


def _content(file: Path, read) -> dict:
    try:
        content = json.loads(read(CONTENT) or b"")
        found = f"format {content['format']}"
        if content["format"] == FORMAT:
            return {name: content[name] for name in ("format", "version", "method", "synthetic", "tables")}
    except (ValueError, KeyError, TypeError):
        found = "something else"
    raise InputError(
        "A file is no sums pack that this version of mobility reads",
        file=file,
        expected=f"{CONTENT} of format {FORMAT}",
        found=found,
        advice=REMAKE,
    )
