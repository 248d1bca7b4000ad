"""Living wages in the layouts of MIT's site and pay in those of the Bureau of Labor Statistics.

2014 has no pay file at all, 2018 the extract of the published pipeline, 2021 slices by area, 2022 the single
file and 2023 the files by area, so that every layout is read once.
"""

from __future__ import annotations

from pipeline.sample import areas
from pipeline.sample.raw_files import MARK, csv_bytes, numbers, zip_bytes

_HOUSEHOLDS = [
    (adults, f"{children} {'Child' if children == 1 else 'Children'}", number, children)
    for number, adults in enumerate(("1 Adult", "2 Adults (1 Working)", "2 Adults (Both Working)"))
    for children in range(4)
]
_WITHOUT_PAY = {"37197"}
_UNDISCLOSED_TOTAL = {"46007"}

# (ownership, NAICS, aggregation level): part of the county's establishments, and pay relative to the county's
_ROWS = {
    (0, "10", 70): (1.00, 1.0),
    (1, "10", 71): (0.01, 1.5),
    (2, "10", 71): (0.01, 1.2),
    (3, "10", 71): (0.02, 1.0),
    (5, "10", 71): (0.96, 1.0),
    (5, "101", 72): (0.15, 1.2),
    (5, "102", 72): (0.81, 0.9),
    (5, "1021", 73): (0.22, 0.8),
    (5, "1022", 73): (0.02, 1.6),
    (5, "1023", 73): (0.10, 1.5),
    (5, "1024", 73): (0.18, 1.3),
    (5, "1025", 73): (0.12, 1.0),
    (5, "1026", 73): (0.09, 0.4),
    (5, "1027", 73): (0.08, 0.7),
    (5, "1029", 73): (0.001, 0.9),
}
_GROUPS = {
    1: [(0, "10")],
    2: [(5, "101")],
    3: [(1, "10"), (2, "10"), (3, "10")],
    4: [(5, "1021")],
    5: [(5, "1022")],
    6: [(5, "1023"), (5, "1024")],
    7: [(5, "1025")],
    8: [(5, "1026"), (5, "1027")],
}
_COLUMNS = [
    "area_fips",
    "own_code",
    "industry_code",
    "agglvl_code",
    "size_code",
    "year",
    "qtr",
    "disclosure_code",
    "annual_avg_estabs",
    "annual_avg_emplvl",
    "total_annual_wages",
    "taxable_annual_wages",
    "annual_contributions",
    "annual_avg_wkly_wage",
    "avg_annual_pay",
]


def files() -> dict[str, bytes]:
    """Relative path -> content of the living wage and pay files."""
    single = {"2022.annual.singlefile.csv": csv_bytes(_COLUMNS, _pay(2022))}
    folder = "2023.annual.by_area"
    by_area = {
        f"{folder}/2023.annual {area} {MARK}.csv": csv_bytes(_area_columns(), _with_titles(rows))
        for area, rows in _by_area(_pay(2023)).items()
    }
    slices = {
        f"bls_qcew/qcew-2021-a-{area}.csv": csv_bytes(_COLUMNS, rows)
        for area, rows in _by_area(_pay(2021)).items()
        if area.isdigit() and not area.endswith("000")
    }
    return {
        "mit-living-wage/mit-living-wage.csv": _scrape(2019, 2018, twice=("13059", "37067")),
        "mit-living-wage/mit-living-wage-2022.csv": _scrape(2022, 2021),
        "mit-living-wage/mit-living-wage-2023.csv": _county_file(),
        "qcew/qcew_county_total_covered_2018.csv": _extract_total(2018),
        "qcew/qcew_county_industry_collapsed_2018.csv": _extract_industries(2018),
        "bls_qcew/2022_annual_singlefile.zip": zip_bytes(single),
        "bls_qcew/2023_annual_by_area.zip": zip_bytes(by_area),
    } | slices


def _wage(county: str, year: int, adults: int, children: int) -> float:
    level = numbers("living wage", county).uniform(12, 17) * (1 + 0.05 * (year - 2019))
    return round(level * (1 + 0.45 * adults) * (1 + (0.8, 0.4, 0.2)[adults] * children), 2)


def _scrape(year: int, label: int, twice=()) -> bytes:
    """All household types per county of the list of 2018, two counties twice in the older file."""
    listed = sorted([*areas.counties(2018), *twice])
    rows = [
        (label, county[:2], county[2:], adults, children, _wage(county, year, number, count))
        for county in listed
        for adults, children, number, count in _HOUSEHOLDS
    ]
    return csv_bytes(["year", "state", "county", "adults", "children", "wage"], rows)


def _county_file() -> bytes:
    """One household type, leading zeros lost, Connecticut still by its old counties."""
    rows = [
        (int(county[:2]), int(county[2:]), areas.COUNTIES[county], _wage(county, 2023, 0, 2))
        for county in areas.counties(2021)
    ]
    return csv_bytes(["state_fips", "county_fips_short", "county_name", "hourly_living_wage"], rows)


def _area_rows(area: str, year: int, undisclosed=()) -> list[tuple]:
    """Rows of one area. Undisclosed rows show establishments only, employment and pay are 0."""
    level, drawn = numbers("pay", area), numbers("pay", area, year)
    establishments = round(level.uniform(60, 9_000) * drawn.uniform(1, 1.05))
    establishments = 22 if area in _UNDISCLOSED_TOTAL else establishments
    wage = level.uniform(650, 1_300) * (1 + 0.04 * (year - 2018)) * drawn.uniform(0.97, 1.03)
    rows = []
    for (ownership, naics, level), (part, relative) in _ROWS.items():
        count = max(1, round(establishments * part))
        pay = round(wage * relative * drawn.uniform(0.95, 1.05))
        hidden = (ownership, naics) in undisclosed
        employment = 0 if hidden else count * 14
        shown = 0 if hidden else pay
        rows.append(
            (
                area,
                ownership,
                naics,
                level - _level_below_county(area),
                0,
                year,
                "A",
                "N" if hidden else "",
                count,
                employment,
                employment * shown * 52,
                0,
                0,
                shown,
                shown * 52,
            )
        )
    return rows


def _level_below_county(area: str) -> int:
    """How far the aggregation level lies below a county's: state and nation 20, metropolitan area 30."""
    return 30 if area.startswith("C") else 20 if area.endswith("000") else 0


def _undisclosed(county: str, year: int) -> set:
    """Hidden industries: about one county in three, some of them one row of a group of two."""
    drawn = numbers("disclosure", county, year)
    hidden = {(5, drawn.choice(["101", "1022", "1023", "1027"]))} if drawn.random() < 0.35 else set()
    return hidden | {(0, "10"), (5, "10"), (5, "1022")} if county in _UNDISCLOSED_TOTAL else hidden


def _pay(year: int) -> list[tuple]:
    """Counties, unknown counties (999), states, the nation and a metropolitan area; one county is missing.

    The bureau kept Connecticut's old counties through 2023.
    """
    rows = [
        row
        for county in areas.counties(min(year, 2021))
        if county not in _WITHOUT_PAY
        for row in _area_rows(county, year, _undisclosed(county, year))
    ]
    others = [f"{state}{ending}" for ending in ("999", "000") for state in areas.STATES] + ["US000", "C4918"]
    rows += [row for area in others for row in _area_rows(area, year)]
    # A row by size of establishment must not be counted
    rows += [(row[0], 5, "10", 71, 1, *row[5:]) for row in rows if row[0] == "37067" and row[2] == "1021"]
    return sorted(rows, key=lambda row: (row[0], row[1], row[2], row[4]))


def _by_area(rows: list[tuple]) -> dict[str, list[tuple]]:
    found: dict[str, list[tuple]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _area_columns() -> list[str]:
    titles = ["area_title", "own_title", "industry_title", "agglvl_title", "size_title"]
    return [*_COLUMNS[:8], *titles, "annual_avg_estabs_count", *_COLUMNS[9:]]


def _with_titles(rows: list[tuple]) -> list[tuple]:
    return [(*row[:8], f"{MARK} area", "", "", "", "", *row[8:]) for row in rows]


def _extract_total(year: int) -> bytes:
    rows = [
        (row[0][:2], row[0][2:], row[8], row[13])
        for row in _pay(year)
        if row[3] == 70 and row[4] == 0 and row[0][2:] != "999"
    ]
    return csv_bytes(["state", "county", "annualaverageestablishmentcount", "annualaverageweeklywage"], rows)


def _extract_industries(year: int) -> bytes:
    rows = []
    for area, all_rows in _by_area(_pay(year)).items():
        if not area.isdigit() or area.endswith(("000", "999")):
            continue
        for group, members in _GROUPS.items():
            found = [row for row in all_rows if (row[1], row[2]) in members and row[4] == 0]
            mean = round(sum(row[13] for row in found) / len(found), 6)
            rows.append(
                (
                    area[:2],
                    area[2:],
                    group,
                    f"{mean:g}",
                    sum(row[8] for row in found),
                    int(any(row[7] == "N" for row in found)),
                )
            )
    return csv_bytes(["state", "county", "industry_type", "avgwkwage", "avgestct", "statuscode"], rows)
