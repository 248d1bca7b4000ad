"""Geocorr's correspondence files, computed from the sample's pieces as Geocorr computes them from blocks."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable

from pipeline.sample import areas
from pipeline.sample.raw_files import MARK, csv_bytes, gzip_bytes

# Second header line of the files
_LABELS = {
    "state": "State code",
    "stab": "State abbreviation",
    "puma12": "PUMA (2012)",
    "puma22": "PUMA (2022)",
    "county14": "County code (2014)",
    "county": "County code",
    "ctregion": "Connecticut planning region",
    "placefp14": "Place (2014)",
    "place": "Place code",
    "cntyname2": "2014 county name",
    "CountyName": "County name",
    "ctregname": "Connecticut planning region name",
    "PlaceName": "Place name",
    "placenm14": "Place name 2014",
    "PUMAname": "PUMA12 name",
    "PUMA22name": "PUMA22 name",
    "pop10": "Population (2010)",
    "pop20": "Total population (2020 Census)",
    "afact": "source to target allocation factor",
    "afact2": "target-to-source allocation factor",
    "AFACT2": "target to source allocation factor",
}


class Unquoted(str):
    """A number in a line whose texts are quoted."""


def files() -> dict[str, bytes]:
    """Relative path -> content of the eight Geocorr files."""
    return {
        "geocorr/geocorr2018_puma_county_2010.csv": _geocorr(
            "state puma12 county14 stab cntyname2 PUMAname pop10 afact AFACT2",
            _intersections(_puma_2012, _county_2014, 2010),
        ),
        "geocorr/geocorr2022_puma_county_2020.csv": _geocorr(
            "state puma22 county stab CountyName PUMA22name pop20 afact2 afact",
            _intersections(_puma_2020, _county_2020, 2020),
        ),
        "geocorr/geocorr2018_puma_place_2010.csv.gz": gzip_bytes(
            _geocorr(
                "state puma12 placefp14 stab placefp placenm placenm14 PUMAname pop10 afact AFACT2",
                _with_wrong_place_factor(_intersections(_puma_2012, _place_2014, 2010)),
            )
        ),
        "geocorr/geocorr2022_puma_place_2020.csv.gz": gzip_bytes(
            _geocorr(
                "state puma22 place stab PlaceName PUMA22name pop20 afact2 afact",
                _intersections(_puma_2020, _place_2020, 2020),
            )
        ),
        "geocorr/geocorr2018_county_place_2014_thru_2019.csv.gz": gzip_bytes(
            _geocorr(
                "county14 state placefp14 stab cntyname2 placefp placenm placenm14 pop10 afact AFACT2",
                _intersections(_county_2014, _place_2014, 2010),
            )
        ),
        "geocorr/geocorr2022_county_place_2020_2021.csv.gz": gzip_bytes(
            _saved_by_a_spreadsheet(_intersections(_county_2020, _place_2020, 2020))
        ),
        "geocorr/geocorr2022_ct_planning_region_to_place.csv": _geocorr(
            "ctregion state place stab PlaceName ctregname pop20 afact2 afact",
            _intersections(_region, _place_2020, 2020, state="09"),
        ),
        "reconstructed/geocorr2022_puma_2020_planning_regions_2022.csv": _plain(
            "state puma22 ctregion pop20 afact afact2", _intersections(_puma_2020, _region, 2020, state="09")
        ),
    }


# What a piece belongs to: columns of its code and names, the state first


def _puma_2012(piece: areas.Piece) -> dict:
    return {"state": piece.state, "puma12": piece.puma_2012, "PUMAname": _puma_name(piece.puma_2012)}


def _puma_2020(piece: areas.Piece) -> dict:
    return {"state": piece.state, "puma22": piece.puma_2020, "PUMA22name": _puma_name(piece.puma_2020)}


def _puma_name(puma: str) -> str:
    return f"{MARK} PUMA {puma}"


def _county_2014(piece: areas.Piece) -> dict:
    geoid = piece.county_in(2014)
    return {"state": piece.state, "county14": geoid, "cntyname2": areas.short_county_name(geoid)}


def _county_2020(piece: areas.Piece) -> dict:
    geoid = piece.county_in(2020)
    return {"state": piece.state, "county": geoid, "CountyName": areas.short_county_name(geoid)}


def _region(piece: areas.Piece) -> dict:
    geoid = piece.county_in(2022)
    return {"state": piece.state, "ctregion": geoid, "ctregname": areas.COUNTIES[geoid]}


def _place_2014(piece: areas.Piece) -> dict:
    return {
        "state": piece.state,
        "placefp14": piece.place_2014,
        "placefp": " ",
        "placenm": " ",
        "placenm14": _place_label(piece, piece.place_2014, outside=" "),
    }


def _place_2020(piece: areas.Piece) -> dict:
    return {
        "state": piece.state,
        "place": piece.place_2020,
        "PlaceName": _place_label(piece, piece.place_2020, outside="[not in a place]"),
    }


def _place_label(piece: areas.Piece, place: str, outside: str) -> str:
    return outside if place == areas.OUTSIDE else f"{areas.place_name(piece.state + place)}, {piece.postal}"


def _intersections(source, target, census: int, state: str | None = None) -> list[dict]:
    """One record per pair of areas with people in common, sorted: codes, names, population, factors."""
    chosen = [piece for piece in areas.pieces() if state in (None, piece.state)]
    pairs, of_source, of_target = Counter(), Counter(), Counter()
    for piece in chosen:
        population = piece.population_2010 if census == 2010 else piece.population_2020
        pairs[_key(source(piece)), _key(target(piece))] += population
        of_source[_key(source(piece))] += population
        of_target[_key(target(piece))] += population
    described = {
        (_key(source(piece)), _key(target(piece))): source(piece) | target(piece) | {"stab": piece.postal}
        for piece in chosen
    }
    return [
        described[first, second]
        | {
            f"pop{census % 100}": Unquoted(count),
            "population": count,
            "afact": _factor(count, of_source[first]),
            "afact2": _factor(count, of_target[second]),
            "AFACT2": _factor(count, of_target[second]),
        }
        for (first, second), count in sorted(pairs.items())
    ]


def _key(area: dict) -> tuple:
    return tuple(area.values())


def _factor(part: int, whole: int) -> Unquoted:
    """A factor to four decimals, without trailing zeros."""
    return Unquoted(f"{round(part / whole, 4):g}")


def _with_wrong_place_factor(records: list[dict]) -> list[dict]:
    """Geocorr 2018's error: AFACT2 divides by all places of the same code in any state (card, quirk 1)."""
    of_code = Counter()
    for record in records:
        of_code[record["placefp14"]] += record["population"]
    return [record | {"AFACT2": _factor(record["population"], of_code[record["placefp14"]])} for record in records]


def _geocorr(columns: str, records: list[dict]) -> bytes:
    """Two header lines, texts in quotes and a blank at the end of every data line, in Latin-1."""
    names = columns.split()
    head = csv_bytes(names, [[_LABELS.get(name, name) for name in names]], "latin-1", csv.QUOTE_ALL)
    lines = (",".join(_field(record[name]) for name in names) + " \n" for record in records)
    return head + "".join(lines).encode("latin-1")


def _field(value: str) -> str:
    return value if isinstance(value, Unquoted) else f'"{value}"'


def _plain(columns: str, records: Iterable[dict]) -> bytes:
    names = columns.split()
    return csv_bytes(names, ([record[name] for name in names] for record in records))


def _saved_by_a_spreadsheet(records: list[dict]) -> bytes:
    """One header line, UTF-8, leading zeros lost but in ``county``, as the publisher re-saved this file."""
    damaged = (
        record
        | {
            "countyfip": int(record["county"]),
            "county": record["county"][2:],
            "state": int(record["state"]),
            "place": int(record["place"]),
        }
        for record in records
    )
    return _plain("countyfip county state place stab CountyName PlaceName pop20 afact2 afact", damaged)
