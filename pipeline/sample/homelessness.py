"""Homeless students and enrollment of invented school districts, as EDFacts and the Common Core give them.

Every case of the metric's rules is one district: see ``_CASES``. 2016 has no city extract, so the places of
that year have no input.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from pipeline.sample import areas
from pipeline.sample.raw_files import MARK, csv_bytes, numbers, zip_bytes

YEARS = range(2014, 2023)
RACES = {
    "White": 1,
    "Black or African American": 2,
    "Hispanic/Latino": 3,
    "Asian": 4,
    "American Indian or Alaska Native": 5,
    "Native Hawaiian or Other Pacific Islander": 6,
    "Two or more races": 7,
}
_SHARES = (0.45, 0.25, 0.18, 0.06, 0.02, 0.005, 0.035)
_OTHER_GROUPS = ("Children with disabilities", "English Learner", "Migratory students", "Unaccompanied Youth", "")

# County: what happens to its district. The other counties are ordinary.
_CASES = {
    "02158": "fewer than 10 homeless",
    "46102": "10 to 29 homeless",
    "46113": "10 to 29 homeless",
    "13195": "race share above 1",
    "13219": "share above 1",
    "37059": "races do not add up",
    "37169": "enrollment missing",
    "37197": "enrollment below 30",
    "46007": "nothing but S",
    "46083": "few homeless",
    "02150": "race enrollment not reported",
    "35013": "no other races",
    "37157": "no districts",
}
_CITIES = {
    "02020": "ANCHORAGE",
    "09001": "Bridgeport",
    "09003": "hartford",
    "09009": "New Haven",
    "13059": "Athens",
    "13121": "Atlanta",
    "13089": "Atlanta",
    "35013": "Las Cruces",
    "37067": "Winston Salem",
    "37081": "Greensboro",
    "46099": "SIOUX FALLS",
    "46083": "Sioux Falls",
}
# Further districts of a county: city and case. The two of 46083 make its bounds 6 percent apart (quality 2).
_FURTHER = {
    "09001": [("Stamford", "ordinary")],
    "09009": [("WATERBURY", "ordinary")],
    "13121": [("Sandy Springs", "ordinary")],
    "37081": [("High Point", "ordinary")],
    "46083": [("Sioux Falls", "nothing but S"), ("Sioux Falls", "nothing but S")],
}


@dataclass(frozen=True)
class District:
    """One local education agency: id, county of 2020 and city of its office, and its case."""

    leaid: str
    piece: areas.Piece
    city: str
    case: str

    def county(self, year: int) -> str:
        """County of the office as the directory of the year has it."""
        return self.piece.county_in(year)


@cache
def districts() -> tuple[District, ...]:
    """One district per county, and more in some."""
    made, seen = [], set()
    for piece in areas.pieces():
        county = piece.county_in(2020)
        first = (_CITIES.get(county, "Countytown"), _CASES.get(county, "ordinary"))
        found = [] if "no districts" in first or county in seen else [first, *_FURTHER.get(county, [])]
        for city, case in found:
            made.append(District(f"{piece.state}{len(made) + 1:05d}", piece, city, case))
        seen.add(county)
    return tuple(made)


def files() -> dict[str, bytes]:
    """Relative path -> content of the homelessness, directory and enrollment files."""
    found = {f"edfacts-homelessness/EDFacts Homelessness {year}.csv": _edfacts(year) for year in range(2014, 2019)}
    for year in (2019, 2020, 2021):
        name = f"SY{year % 100}{year % 100 + 1}_FS118_DG655_LEA"
        found[f"edfacts-homelessness/EdDataEx Homelessness {year}.zip"] = zip_bytes(
            {
                f"{name}.csv": _express(year),
                f"{name}_data_notes.csv": b"School Year,State\n",
                f"{name}_README.txt": f"{MARK}\n".encode(),
            }
        )
    found["edfacts-homelessness/2022-23 LEA homeless student data.csv"] = _express(2022, export=True)
    found |= {f"ccd-lea/ccd_lea_{year}.csv": _extract(year) for year in range(2014, 2019)}
    found |= {f"ccd-lea/ccd_lea_{year}_city.csv": _city_extract(year) for year in (2014, 2015, 2017, 2018)}
    for year in range(2019, 2023):
        found |= {
            f"nces_ccd/directory_{year}/page-{number:03d}.json": page
            for number, page in enumerate(_directory_pages(year), start=1)
        }
        found[f"nces_ccd/schools_ccd_lea_enrollment_{year}.csv"] = _race_enrollment(year)
    return found


def _enrollment(district: District, year: int) -> int:
    if district.case == "enrollment missing":
        return -1
    if district.case == "enrollment below 30":
        return 26
    drawn = numbers("enrollment", district.leaid)
    return round(drawn.uniform(900, 12_000) * (1 + 0.01 * (year - 2018)))


def _enrollment_by_race(district: District, year: int) -> list[int]:
    total = max(_enrollment(district, year), 0)
    if district.case == "race share above 1":
        return [total - 3, 3, 0, 0, 0, 0, 0]
    if district.case == "race enrollment not reported":
        return [-1] * 7
    return [round(total * part) for part in _SHARES]


def _homeless(district: District, year: int) -> tuple[int, list[int]]:
    """Homeless students in all and by race."""
    drawn = numbers("homeless", district.leaid, year)
    fixed = {
        "fewer than 10 homeless": 7,
        "10 to 29 homeless": 18,
        "enrollment below 30": 14,
        "nothing but S": 2,
        "few homeless": 44,
        "race share above 1": 60,
        "share above 1": _enrollment(district, year) + 40,
    }
    ordinary = round(max(_enrollment(district, year), 900) * drawn.uniform(0.008, 0.05))
    total = fixed.get(district.case, ordinary)
    by_race = [round(total * part * drawn.uniform(0.9, 1.1)) for part in _SHARES]
    if district.case == "races do not add up":
        by_race = [count // 3 for count in by_race]
    if district.case == "race share above 1":
        by_race = [52, 8, 0, 0, 0, 0, 0]
    if district.case == "no other races":
        by_race[3:] = [0, 0, 0, 0]
    return total, by_race


def _shown(count: int) -> str:
    """Numbers of one or two students are shown as S."""
    return "S" if count in (1, 2) else str(count)


def _express(year: int, export: bool = False) -> bytes:
    """ED Data Express: a row per district and group with students. The export also has data group 818."""
    header = [
        "School Year",
        "State",
        "NCES LEA ID",
        "LEA",
        "School",
        "NCES SCH ID",
        "Data Group",
        "Data Description",
        "Value",
        "Numerator",
        "Denominator",
        "Population",
        "Subgroup",
        "Characteristics",
        "Age/Grade",
        "Academic Subject",
        "Outcome",
        "Program Type",
    ]
    counts = []
    for district in districts():
        total, by_race = _homeless(district, year)
        others = [(group, max(total // 5, 3)) for group in _OTHER_GROUPS]
        for group, count in [("All Students in LEA", total), *zip(RACES, by_race, strict=True), *others]:
            counts.append((areas.STATES[district.piece.state][1].upper(), district.leaid, group, count))
    # Schools of the Bureau of Indian Education, and a district that no directory has
    counts += [(MARK, leaid, "All Students in LEA", 25) for leaid in ("5900001", "3799999")]
    rows = [
        (
            f"{year}-{year + 1}",
            state,
            leaid,
            f"{MARK} district",
            "",
            "",
            data_group,
            "Homeless Students Enrolled",
            _shown(count),
            "",
            "",
            "Homeless Students",
            group,
            "" if group else "Doubled-up",
            "All Ages",
            "",
            "",
            "",
        )
        for state, leaid, group, count in counts
        if count
        for data_group in ((655, 818) if export else (655,))
    ]
    return csv_bytes(header, rows)


def _edfacts(year: int) -> bytes:
    """The older layout: totals, '.' where a district did not report; without the school year in 2014."""
    header = [
        "STNAM",
        "FIPST",
        "LEAID",
        "LEANM",
        "SUBGRANT_STATUS",
        "TOTAL",
        "PREK_FLAG",
        "HOTELS_MOTELS",
        "UNSHELTERED",
        "SHELTERED",
        "DOUBLED_UP",
        "CWD",
        "EL",
        "MIG",
        "UHY",
        "DATE_CUR",
    ]
    rows = []
    for number, district in enumerate(districts()):
        silent = year < 2018 and number % 17 == 5
        total = "." if silent else _shown(_homeless(district, year)[0])
        rows.append(
            (
                areas.STATES[district.piece.state][1].upper(),
                district.piece.state,
                district.leaid,
                f"{MARK} district",
                "No",
                total,
                "",
                *["."] * 8,
                "01JAN20",
            )
        )
    if year != 2014:
        rows.append(
            ("BUREAU OF INDIAN EDUCATION", "59", "5900001", f"{MARK} district", "No", "25", "", *["."] * 8, "01JAN20")
        )
        header, rows = ["SCHOOL_YEAR_TEXT", *header], [(f"{year}-{year + 1}", *row) for row in rows]
    return csv_bytes(header, rows)


def _extract(year: int) -> bytes:
    rows = [
        (district.leaid, year, _blank_if_missing(district, year), district.piece.state, district.county(year)[2:])
        for district in districts()
    ]
    return csv_bytes(["leaid", "year", "enrollment", "state", "county"], rows)


def _city_extract(year: int) -> bytes:
    rows = [
        (district.leaid, year, district.city, _blank_if_missing(district, year), district.piece.state)
        for district in districts()
    ]
    return csv_bytes(["leaid", "year", "city_location", "enrollment", "state"], rows)


def _blank_if_missing(district: District, year: int) -> int | None:
    enrollment = _enrollment(district, year)
    return enrollment if enrollment >= 0 else None


def _directory_pages(year: int) -> list[bytes]:
    """Pages of the portal's answer: county as a number, -1 where the county or the enrollment is missing."""
    results = [
        {
            "year": year,
            "leaid": district.leaid,
            "lea_name": f"{MARK} district",
            "county_code": int(district.county(year)),
            "city_location": district.city,
            "enrollment": _enrollment(district, year),
        }
        for district in districts()
    ]
    results.append(
        {
            "year": year,
            "leaid": "7200030",
            "lea_name": f"{MARK} district",
            "county_code": -1,
            "city_location": "SAN JUAN",
            "enrollment": None,
        }
    )
    half = len(results) // 2
    first = f"https://educationdata.urban.org/api/v1/school-districts/ccd/directory/{year}/"
    parts = ((results[:half], f"{first}?page=2"), (results[half:], None))
    return [
        json.dumps({"count": len(results), "next": following, "previous": None, "results": part}).encode()
        for part, following in parts
    ]


def _race_enrollment(year: int) -> bytes:
    """All grades and grade 9, both sexes and one; race 99 is the total. Codes below 0 are not numbers."""
    rows = []
    for district in districts():
        by_race = _enrollment_by_race(district, year)
        for race, count in [*zip(RACES.values(), by_race, strict=True), (99, max(sum(by_race), 0))]:
            rows.append((year, district.leaid, 99, race, 99, count))
            rows.append((year, district.leaid, 9, race, 99, count // 12))
            rows.append((year, district.leaid, 99, race, 1, count // 2))
    return csv_bytes(["year", "leaid", "grade", "race", "sex", "enrollment"], rows)
