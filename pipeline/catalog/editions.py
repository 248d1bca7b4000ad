"""Editions of the method (design §4.7): a base entry plus a file of differences of the same stem beside it."""

from __future__ import annotations

from pathlib import Path

import yaml

from pipeline import settings
from pipeline.catalog import strict_yaml
from pipeline.errors import UsageError
from pipeline.kept import kept


def read(path: Path):
    """The content of a YAML file. UsageError where it is not valid YAML."""
    try:
        return kept(strict_yaml.load, path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error


def stems(folder: Path, method: str) -> list[str]:
    """Stems of the entries of a folder: of base entries, and of those that only the edition has."""
    names = {path.stem for path in folder.glob("*.yml")}
    base = {name for name in names if "." not in name}
    added = {name.removesuffix(f".{method}") for name in names if name.endswith(f".{method}")}
    return sorted(base | added)


def entry(folder: Path, stem: str, method: str):
    """The entry of an edition: the base with the differences of ``<stem>.<method>.yml`` merged into it."""
    base, differences = folder / f"{stem}.yml", folder / f"{stem}.{method}.yml"
    content = read(base) if base.exists() else {}
    if method != settings.METHOD and isinstance(content, dict):
        # What was compared with published values was the default edition.
        content.pop("verified", None)
    return merged(content, read(differences) or {}) if differences.exists() else content


def merged(base, differences):
    """``base`` with ``differences``: mappings merge key by key, a null deletes the key, all else replaces."""
    if not isinstance(base, dict) or not isinstance(differences, dict):
        return differences
    result = dict(base)
    for key, value in differences.items():
        if value is None and key in base:
            del result[key]
        else:
            result[key] = merged(base.get(key, {}) if isinstance(value, dict) else None, value)
    return result


def known() -> dict[str, dict]:
    """Every edition by name, with its title and what it is."""
    return read(settings.CATALOG / "editions.yml")


def is_imported(method: str) -> bool:
    """Whether the edition's tables are read from published files instead of built."""
    return bool(known()[method].get("imported"))
