"""Region files as CSV (design §4.6): region, name, component_type, component_geoid, and optionally weight and vintage."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

from pipeline.errors import nearest
from pipeline.plan.custom import Part
from pipeline.region.problems import RegionError, told

REQUIRED = ("region", "component_type", "component_geoid")
OPTIONAL = ("name", "weight", "vintage")
# Digits of a code, and types whose areas have names by which they may be given.
DIGITS = {"county": 5, "place": 7, "tract": 11, "puma": 7, "zcta": 5, "town": 10}
NAMED = ("county", "place", "town")
VINTAGES = ("2010", "2020")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
WEIGHT = re.compile(r"[0-9]{0,3}(\.[0-9]{1,15})?")
MOST_ROWS, MOST_NAME = 200_000, 200


def read(path: Path, content: bytes) -> list[Part]:
    """The parts of the file's regions, codes not yet looked up. Raises RegionError with every line's problem."""
    header, rows = _rows(path, content)
    problems, parts = [], []
    for line, row in rows:
        try:
            parts.append(_part(header, row))
        except ValueError as error:
            problems.append(f"Line {line}: {error}")
    if not rows:
        problems.append("It has a header and no rows.")
    problems += [] if problems else _of_regions(parts)
    if problems:
        raise RegionError(path, problems)
    return parts


def _rows(path: Path, content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RegionError(path, [f"It is not UTF-8 text (byte {error.start:,}): save it as CSV UTF-8."]) from error
    if "\0" in text:
        raise RegionError(path, ["It is not text: it holds a byte 0. Save it as CSV UTF-8."])
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [name.strip().lower() for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise RegionError(path, [f"Line {reader.line_num} is no CSV: {error}."]) from error
    if len(rows) > MOST_ROWS:
        raise RegionError(path, [f"It has {len(rows):,} rows; at most {MOST_ROWS:,} are read."])
    known = (*REQUIRED, *OPTIONAL)
    problems = [f"It has no column {name!r}." for name in REQUIRED if name not in header]
    for name in header:
        if name not in known:
            near = nearest(name, known, 1)
            problems.append(f"Column {told(name)} is not known{f'; is {near[0]} meant?' if near else '.'}")
        elif header.count(name) > 1:
            problems.append(f"Column {name!r} is there twice.")
    if problems:
        raise RegionError(path, [*dict.fromkeys(problems), f"Expected the columns {', '.join(known)}."])
    return header, rows


def _part(header: list[str], row: list[str]) -> Part:
    if len(row) != len(header):
        raise ValueError(f"{len(row)} fields where the header has {len(header)}; quote a field that holds a comma.")
    cell = dict(zip(header, (value.strip() for value in row), strict=True))
    kind, geoid = cell["component_type"].lower(), cell["component_geoid"]
    if kind not in DIGITS:
        near = nearest(kind, DIGITS, 1)
        hint = f"; is {near[0]} meant?" if near else "."
        raise ValueError(f"component_type {told(kind)} is none of {', '.join(DIGITS)}{hint}")
    return Part(
        region=code(cell["region"]),
        name=label(cell.get("name", "")),
        component_type=kind,
        component_geoid=_geoid(kind, geoid),
        weight=_weight(cell.get("weight", "")),
        vintage=_vintage(cell.get("vintage", "")),
    )


def code(text: str) -> str:
    """The code of a region. ValueError where it is not one."""
    if not CODE.fullmatch(text):
        raise ValueError(f"region {told(text)} is no code: letters, digits, '.', '-' and '_' only, 1 to 64 of them.")
    # get and audit take these digits for a county or a place.
    if text.isdigit() and len(text) in (DIGITS["county"], DIGITS["place"]):
        raise ValueError(
            f"region {told(text)} may not have the {len(text)} digits of a county's or place's GEOID; put a letter to it."
        )
    return text


def label(text: str) -> str:
    """The name of a region. ValueError where it cannot be shown."""
    if len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(f"name {told(text)} is too long or holds characters that cannot be shown.")
    return text


def _geoid(kind: str, text: str) -> str:
    digits = DIGITS[kind]
    if text.isascii() and text.isdigit():
        if len(text) == digits:
            return text
        others = " or a ".join(name for name, length in DIGITS.items() if length == len(text))
        hint = f"; is it a {others}?" if others else "."
        if len(text) == digits - 1:
            hint = f"; with its leading zero it may be {text.zfill(digits)}."
        raise ValueError(f"component_geoid {told(text)} has {len(text)} digits, that of a {kind} {digits}{hint}")
    if kind in NAMED and any(letter.isalpha() for letter in text):
        return label(text)
    by_name = ", or a name with its state (Wilmington city, DE)" if kind in NAMED else ""
    raise ValueError(f"component_geoid {told(text)} is no code of {digits} digits{by_name}.")


def _weight(text: str) -> str:
    if not text:
        return "1"
    if not WEIGHT.fullmatch(text) or not 0 < Decimal(text) <= 1:
        hint = " (with a point, not a comma)" if "," in text else ""
        raise ValueError(f"weight {told(text)} is no number above 0 and up to 1{hint}.")
    return str(Decimal(text))


def _vintage(text: str) -> str | None:
    if text and text not in VINTAGES:
        raise ValueError(f"vintage {told(text)} is not {' or '.join(VINTAGES)}, the census whose codes are meant.")
    return text or None


def _of_regions(parts: list[Part]) -> list[str]:
    """What is wrong with regions as a whole: names that differ, codes that differ in case alone, weights above 1."""
    problems, names, cases, weights = [], {}, {}, {}
    for part in parts:
        names.setdefault(part.region, set()).update({part.name} - {""})
        cases.setdefault(part.region.lower(), set()).add(part.region)
        key = (part.region, part.component_type, part.component_geoid, part.vintage)
        weights[key] = weights.get(key, 0) + Decimal(part.weight)
    problems += [
        f"Region {region} has the names {' and '.join(map(told, sorted(given)))}."
        for region, given in names.items()
        if len(given) > 1
    ]
    problems += [
        f"The regions {' and '.join(sorted(given))} differ in case alone." for given in cases.values() if len(given) > 1
    ]
    problems += [
        f"The weights of {kind} {geoid} in region {region} add up to {total}, which is more than the whole of it."
        for (region, kind, geoid, _), total in weights.items()
        if total > 1
    ]
    return problems
