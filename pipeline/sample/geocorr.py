"""Geocorr's correspondence files, computed from the sample's pieces as Geocorr computes them from blocks."""

from __future__ import annotations

import csv
from collections import Counter

from pipeline.sample import areas
from pipeline.sample.raw_files import csv_bytes, gzip_bytes

_TRAILING_BLANK = " \n"


def files() -> dict[str, bytes]:
    """Relative path -> content of the eight Geocorr files."""
    return {
        "geocorr/geocorr2018_puma_county_2010.csv": _puma_county_2018(),
        "geocorr/geocorr2022_puma_county_2020.csv": _puma_county_2022(),
        "geocorr/geocorr2018_puma_place_2010.csv.gz": gzip_bytes(_puma_place_2018()),
        "geocorr/geocorr2022_puma_place_2020.csv.gz": gzip_bytes(_puma_place_2022()),
        "geocorr/geocorr2018_county_place_2014_thru_2019.csv.gz": gzip_bytes(_county_place_2018()),
        "geocorr/geocorr2022_county_place_2020_2021.csv.gz": gzip_bytes(_county_place_2022()),
        "geocorr/geocorr2022_ct_planning_region_to_place.csv": _planning_region_place(),
        "reconstructed/geocorr2022_puma_2020_planning_regions_2022.csv": _puma_planning_region(),
    }


def _intersections(source, target, census: int, selected=areas.pieces) -> list[tuple]:
    """(source, target, population, afact, afact2) of every pair with people, sorted, factors to four decimals."""
    pairs, of_source, of_target = Counter(), Counter(), Counter()
    for piece in selected():
        population = piece.population_2010 if census == 2010 else piece.population_2020
        pairs[source(piece), target(piece)] += population
        of_source[source(piece)] += population
        of_target[target(piece)] += population
    return [(first, second, count, _factor(count, of_source[first]), _factor(count, of_target[second]))
            for (first, second), count in sorted(pairs.items())]


def _factor(part: int, whole: int) -> str:
    return f"{round(part / whole, 4):g}"


def _geocorr(header: list[str], labels: list[str], rows: list[list]) -> bytes:
    """Two header lines, text in quotes and a blank at the end of every data line, in Latin-1."""
    head = csv_bytes(header, [labels], "latin-1", csv.QUOTE_ALL)
    lines = [",".join(_field(value) for value in row) + _TRAILING_BLANK for row in rows]
    return head + "".join(lines).encode("latin-1")


class Factor(str):
    """An allocation factor, printed without quotes."""


def _field(value) -> str:
    return str(value) if isinstance(value, (int, Factor)) else f'"{value}"'


def _puma_2012(piece):
    return piece.state, piece.puma_2012


def _puma_2020(piece):
    return piece.state, piece.puma_2020


def _place_2014(piece):
    return piece.state, piece.place_2014


def _place_2020(piece):
    return piece.state, piece.place_2020


def _connecticut():
    return [piece for piece in areas.pieces() if piece.state == "09"]


def _puma_name(puma: tuple) -> str:
    return f"SYNTHETIC PUMA {puma[1]}, {areas.STATES[puma[0]][1]}"


def _place_label(place: tuple, outside: str) -> str:
    if place[1] == areas.OUTSIDE:
        return outside
    return f"{areas.place_name(''.join(place))}, {areas.STATES[place[0]][0]}"


def _puma_county_2018() -> bytes:
    header = ["state", "puma12", "county14", "stab", "cntyname2", "PUMAname", "pop10", "afact", "AFACT2"]
    labels = ["State code", "PUMA (2012)", "County code (2014)", "State abbreviation", "2014 county name",
              "PUMA12 name", "Population (2010)", "puma12 to county14 allocation factor",
              "county14 to puma12 allocation factor"]
    rows = [[*puma, county, areas.STATES[puma[0]][0], areas.short_county_name(county), _puma_name(puma), count,
             Factor(afact), Factor(afact2)]
            for puma, county, count, afact, afact2 in _intersections(_puma_2012, lambda p: p.county_in(2014), 2010)]
    return _geocorr(header, labels, rows)


def _puma_county_2022() -> bytes:
    header = ["state", "puma22", "county", "stab", "CountyName", "PUMA22name", "pop20", "afact2", "afact"]
    labels = ["State code", "PUMA (2022)", "County code", "State abbr.", "County name", "PUMA22 name",
              "Total population (2020 Census)", "county-to-puma22 allocation factor",
              "puma22-to-county allocation factor"]
    rows = [[*puma, county, areas.STATES[puma[0]][0], areas.short_county_name(county), _puma_name(puma), count,
             Factor(afact2), Factor(afact)]
            for puma, county, count, afact, afact2 in _intersections(_puma_2020, lambda p: p.county_in(2020), 2020)]
    return _geocorr(header, labels, rows)


def _puma_planning_region() -> bytes:
    rows = [(*puma, region, count, afact, afact2)
            for puma, region, count, afact, afact2 in
            _intersections(_puma_2020, lambda p: p.county_in(2022), 2020, _connecticut)]
    return csv_bytes(["state", "puma22", "ctregion", "pop20", "afact", "afact2"], rows)


def _puma_place_2018() -> bytes:
    """With Geocorr's error: AFACT2 divides by all places of the same code in any state (card, quirk 1)."""
    header = ["state", "puma12", "placefp14", "stab", "placefp", "placenm", "placenm14", "PUMAname", "pop10", "afact",
              "AFACT2"]
    labels = ["State code", "PUMA (2012)", "Place (2014)", "State abbreviation", "placefp", "placenm",
              "Place name 2014", "PUMA12 name", "Population (2010)", "puma12 to placefp14 allocation factor",
              "placefp14 to puma12 allocation factor"]
    wrong = {(source, target): factor for source, target, _, _, factor in
             _intersections(_puma_2012, lambda p: p.place_2014, 2010)}
    rows = [[*puma, place[1], areas.STATES[puma[0]][0], " ", " ", _place_label(place, " "), _puma_name(puma), count,
             Factor(afact), Factor(wrong[puma, place[1]])]
            for puma, place, count, afact, _ in _intersections(_puma_2012, _place_2014, 2010)]
    return _geocorr(header, labels, rows)


def _puma_place_2022() -> bytes:
    header = ["state", "puma22", "place", "stab", "PlaceName", "PUMA22name", "pop20", "afact2", "afact"]
    labels = ["State code", "PUMA (2022)", "Place code", "State abbr.", "Place name", "PUMA22 name",
              "Total population (2020 Census)", "place-to-puma22 allocation factor",
              "puma22-to-place allocation factor"]
    rows = [[*puma, place[1], areas.STATES[puma[0]][0], _place_label(place, "[not in a place]"), _puma_name(puma), count,
             Factor(afact2), Factor(afact)]
            for puma, place, count, afact, afact2 in _intersections(_puma_2020, _place_2020, 2020)]
    return _geocorr(header, labels, rows)


def _county_place_2018() -> bytes:
    header = ["county14", "state", "placefp14", "stab", "cntyname2", "placefp", "placenm", "placenm14", "pop10", "afact",
              "AFACT2"]
    labels = ["County code (2014)", "State code", "Place (2014)", "State abbreviation", "2014 county name", "placefp",
              "placenm", "Place name 2014", "Population (2010)", "county14 to placefp14 allocation factor",
              "placefp14 to county14 allocation factor"]
    rows = [[county, *place, areas.STATES[place[0]][0], areas.short_county_name(county), " ", " ",
             _place_label(place, " "), count, Factor(afact), Factor(afact2)]
            for county, place, count, afact, afact2 in
            _intersections(lambda p: p.county_in(2014), _place_2014, 2010)]
    return _geocorr(header, labels, rows)


def _county_place_2022() -> bytes:
    """As its publisher re-saved it: one header line, UTF-8, leading zeros lost but in ``county``."""
    header = ["countyfip", "county", "state", "place", "stab", "CountyName", "PlaceName", "pop20", "afact2", "afact"]
    rows = [(int(county), county[2:], int(place[0]), int(place[1]), areas.STATES[place[0]][0],
             areas.short_county_name(county), _place_label(place, "[not in a place]"), count, afact2, afact)
            for county, place, count, afact, afact2 in
            _intersections(lambda p: p.county_in(2020), _place_2020, 2020)]
    return csv_bytes(header, rows)


def _planning_region_place() -> bytes:
    header = ["ctregion", "state", "place", "stab", "PlaceName", "ctregname", "pop20", "afact2", "afact"]
    labels = ["Connecticut planning region", "State code", "Place code", "State abbr.", "Place name",
              "Connecticut planning region name", "Total population (2020 Census)",
              "place-to-ctregion allocation factor", "ctregion-to-place allocation factor"]
    rows = [[region, *place, "CT", _place_label(place, "[not in a place]"), areas.COUNTIES[region], count,
             Factor(afact2), Factor(afact)]
            for region, place, count, afact, afact2 in
            _intersections(lambda p: p.county_in(2022), _place_2020, 2020, _connecticut)]
    return _geocorr(header, labels, rows)
