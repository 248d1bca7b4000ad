"""Income limits in the layout of HUD's Section 8 files: counties, and towns in Connecticut."""

from __future__ import annotations

from pipeline.sample import areas
from pipeline.sample.raw_files import MARK, csv_bytes, excel_bytes, numbers

_SIZES = range(1, 9)


def files() -> dict[str, bytes]:
    """Relative path -> content: workbooks, and for one year the sheet saved as CSV."""
    found = {f"hud/Section8-FY{year % 100}.xlsx": excel_bytes("Section8", *_sheet(year)) for year in (2018, 2021, 2023)}
    return found | {"hud/Section8-FY22.csv": csv_bytes(*_sheet(2022))}


def _sheet(year: int) -> tuple[list[str], list[tuple]]:
    """Header and rows. The code column is ``fips`` from 2023 on; the last row, Puerto Rico, is not used."""
    limits = [f"{name}_{size}" for name in ("l50", "ELI", "l80") for size in _SIZES]
    header = [
        "State_Alpha",
        "fips" if year >= 2023 else "fips2010",
        "cbsasub",
        f"median{year}",
        "Metro_Area_Name",
        "county_town_name",
        *limits,
        "state",
        "county",
        "County_Name",
        "state_name",
        "metro",
    ]
    # HUD's codes are those of 2019: Valdez-Cordova is one area, Connecticut has towns in its old counties
    codes = sorted({piece.county_in(2019) + (piece.town if piece.town != "-" else "99999") for piece in areas.pieces()})
    rows = [_row(code, year, areas.STATES[code[:2]], areas.COUNTIES[code[:5]]) for code in codes]
    return header, [*rows, _row("7200199999", year, ("PR", "Puerto Rico"), f"{MARK} Municipio")]


def _row(code: str, year: int, state: tuple[str, str], county: str) -> tuple:
    median = round(numbers("income limits", code).uniform(55_000, 110_000) * (1 + 0.04 * (year - 2018)), -2)
    by_size = {size: 0.7 + 0.1 * min(size, 4) - 0.1 + 0.08 * max(size - 4, 0) for size in _SIZES}
    limits = [round(median * part * by_size[size] / 50) * 50 for part in (0.5, 0.3, 0.8) for size in _SIZES]
    return (
        state[0],
        code,
        f"{MARK}{code[:5]}",
        int(median),
        f"{MARK} area",
        county,
        *map(int, limits),
        int(code[:2]),
        int(code[2:5]),
        county,
        state[1],
        0,
    )
