"""Declared columns of a large raw file as the select list of a DuckDB view."""

from __future__ import annotations

from pathlib import Path

from pipeline.catalog.models import Column, RawFile
from pipeline.errors import InputError
from pipeline.quoting import literal, quote

TYPES = {"integer": "INTEGER", "number": "DOUBLE", "text": "VARCHAR", "fips": "VARCHAR"}
REPLICATES = {"PWGTP": "PWGTP", "WGTP": "WGTP", "PERWT": "REPWTP", "HHWT": "REPWT"}


def present_columns(path: Path, spec: RawFile, found: list[str]) -> tuple[dict[str, str], list[str]]:
    """Declared column -> its name in the file, and the names of the 80 replicate weights (empty where it has
    none).

    Names are compared without case. Raises InputError where a required column or some replicate weights are
    missing.
    """
    upper = {name.strip().upper(): name for name in found}
    present = {}
    for column, declared in spec.columns.items():
        name = next((upper[each] for each in (column, *declared.also) if each in upper), None)
        if name is not None:
            present[column] = name
        elif not declared.optional:
            raise InputError(
                "A raw file lacks a column",
                file=path,
                column=" or ".join([column, *declared.also]),
                expected=", ".join(spec.columns),
                found=", ".join(found)[:300],
                advice="If the publisher renamed it, change the source's catalog entry.",
            )
    weight = _replicate_name(spec)
    replicates = [upper[f"{weight}{number}"] for number in range(1, 81) if f"{weight}{number}" in upper]
    if replicates and len(replicates) != 80:
        lacking = [f"{weight}{number}" for number in range(1, 81) if f"{weight}{number}" not in upper]
        raise InputError(
            "A raw file lacks some of its replicate weights",
            file=path,
            column=", ".join(lacking[:5]),
            expected=f"all of {weight}1 to {weight}80, or none",
            found=f"{len(replicates)} of them",
        )
    return present, replicates


def view_columns(spec: RawFile, present: dict[str, str], replicates: list[str]) -> str:
    """The select list of a view: declared columns under their own names and types, then the replicate
    weights.

    A column that the file lacks is NULL; a code that lost its leading zero is refused.
    """
    chosen = [
        f"{_value(column, declared, present.get(column))} AS {quote(column)}"
        for column, declared in spec.columns.items()
    ]
    weight = _replicate_name(spec)
    for number in range(1, 81) if weight else ():
        value = quote(replicates[number - 1]) if replicates else "NULL"
        chosen.append(f"{value}::SMALLINT AS {quote(f'{weight}{number}')}")
    return ", ".join(chosen)


def constants_hold(spec: RawFile, present: dict[str, str]) -> str:
    """A condition that refuses a record in which a column lacks its declared constant (``expect``)."""
    tests = [
        f"CASE WHEN {quote(present[column])} = {literal(declared.expect)} THEN true "
        f"ELSE refuse({literal(column)}, {quote(present[column])}, {literal(declared.expect)}) END"
        for column, declared in spec.columns.items()
        if declared.expect
    ]
    return " AND ".join(tests) or "true"


def _replicate_name(spec: RawFile) -> str | None:
    return next((REPLICATES[column] for column in spec.columns if column in REPLICATES), None)


def _value(column: str, declared: Column, name: str | None) -> str:
    if name is None:
        return f"NULL::{TYPES[declared.type]}"
    value = quote(name)
    for missing in declared.null:
        value = f"nullif({value}, {literal(missing)})"
    if declared.pad:
        value = f"lpad({value}, {declared.width}, '0')"
    elif declared.type == "fips":
        expected = literal(f"a code of {declared.width} digits with its leading zeros")
        value = (
            f"CASE WHEN {value} IS NULL OR length({value}) = {declared.width} THEN {value} "
            f"ELSE refuse({literal(column)}, {value}, {expected}) END"
        )
    return f"{value}::{TYPES[declared.type]}"
