"""Population files and census tract lists of the sample's counties and places."""

from __future__ import annotations

from collections import Counter

from pipeline.sample import areas
from pipeline.sample.raw_files import MARK, csv_bytes, gzip_bytes

YEARS = range(2014, 2024)
_LATIN_1_YEARS = (2014, 2021, 2023)


def files() -> dict[str, bytes]:
    """Relative path -> content of the population, tract and town files."""
    return {
        "urban-population/county-populations.csv.gz": gzip_bytes(_county_populations()),
        "urban-population/place-populations.csv.gz": gzip_bytes(_place_populations()),
        "tract-crosswalks/tract-county-crosswalk_2018.csv.gz": gzip_bytes(_tracts(2018)),
        "tract-crosswalks/tract-county-crosswalk_2020.csv.gz": gzip_bytes(_tracts(2020)),
        "tract-crosswalks/tract_crosswalk_2022_connecticut.csv": _connecticut_tracts(),
        "ct-town-to-planning-region/ct-town-to-planning-region.csv": _connecticut_towns(),
    }


def _county_populations() -> bytes:
    """Latin-1 bytes in some years and UTF-8 in the others, names of 2014 with a leading blank."""
    content = b"year,state,county,state_name,county_name,population\n"
    for year in YEARS:
        population = Counter()
        for piece in areas.pieces():
            population[piece.county_in(year)] += piece.population(year)
        rows = []
        for geoid in areas.counties(year):
            state_name, county_name = areas.STATES[geoid[:2]][1], areas.COUNTIES[geoid]
            names = (state_name, f" {county_name}" if year == 2014 else county_name)
            if year == 2014 and not county_name.isascii():
                names = (f"{state_name}, {county_name}", "NA")
            rows.append((year, geoid[:2], geoid[2:], *names, population[geoid]))
        content += csv_bytes(rows[0], rows[1:], "latin-1" if year in _LATIN_1_YEARS else "utf-8")
    return content


def _place_populations() -> bytes:
    rows = []
    for year in YEARS:
        population = Counter()
        for piece in areas.pieces():
            population[piece.state + piece.place_2020] += piece.population(year)
        rows += [
            (year, geoid[:2], geoid[2:], areas.STATES[geoid[:2]][1], areas.place_name(geoid), population[geoid])
            for geoid in areas.large_places(year)
        ]
    return csv_bytes(["year", "state", "place", "state_name", "place_name", "population"], rows)


def _numbered_tracts() -> list[tuple[areas.Piece, str]]:
    """Two tracts per piece with invented numbers, unique in the state."""
    return [
        (piece, f"{number:04d}{part:02d}") for number, piece in enumerate(areas.pieces(), start=101) for part in (1, 2)
    ]


def _tracts(year: int) -> bytes:
    rows = sorted((year, *_split(piece.county_in(year)), tract) for piece, tract in _numbered_tracts())
    if year == 2020:
        rows.append((year, "09", "001", "990000"))
    return csv_bytes(["year", "state", "county", "tract"], sorted(rows))


def _split(geoid: str) -> tuple[str, str]:
    return geoid[:2], geoid[2:]


def _connecticut_tracts() -> bytes:
    """With a byte order mark, and a water tract that must be left out."""
    header = [
        "tract_fips_2020",
        "Tract_fips_2022",
        "tract_name",
        "town_name",
        "town_fips_2020",
        "town_fips_2022",
        "county_name",
        "county_fips_2020",
        "ce_name_2022",
        "ce_fips_2022",
        "PUMA2020code",
        "PUMA2020name",
        "school_district_code",
        "school_district_name",
        "zip5_zcta2020",
    ]
    rows = [_connecticut_tract(piece, tract) for piece, tract in _numbered_tracts() if piece.state == "09"]
    water = next(piece for piece in areas.pieces() if piece.state == "09")
    return b"\xef\xbb\xbf" + csv_bytes(header, [*rows, _connecticut_tract(water, "990000")])


def _connecticut_tract(piece: areas.Piece, tract: str) -> tuple:
    county, region = piece.county_in(2020), piece.county_in(2022)
    return (
        county + tract,
        region + tract,
        f"{tract[:4]}.{tract[4:]}",
        f"{MARK} town {piece.town}",
        county + piece.town,
        region + piece.town,
        areas.COUNTIES[county].removesuffix(" County"),
        county,
        areas.COUNTIES[region],
        region,
        piece.puma_2020,
        f"{MARK} PUMA {piece.puma_2020}",
        "000",
        MARK,
        "00000",
    )


def _connecticut_towns() -> bytes:
    """Towns with their code of 2020 and 2022; leading zeros lost, as published."""
    rows = [
        (
            f"{MARK} town {piece.town}",
            int(piece.county_in(2020) + piece.town),
            int(piece.county_in(2022) + piece.town),
            areas.COUNTIES[piece.county_in(2022)],
            int(piece.county_in(2022)),
        )
        for piece in areas.pieces()
        if piece.state == "09"
    ]
    header = ["town_name", "town_fips_2020", "town_fips_2022", "ce_name_2022", "ce_fips_2022"]
    return b"\xef\xbb\xbf" + csv_bytes(header, rows)
