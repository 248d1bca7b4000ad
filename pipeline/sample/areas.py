"""The few counties, places and PUMAs of the sample, cut into pieces that every geography file adds up.

Codes and names are real, so that the pipeline's rules for single codes are met; populations are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pipeline.sample.raw_files import numbers

STATES = {
    "02": ("AK", "Alaska"),
    "09": ("CT", "Connecticut"),
    "13": ("GA", "Georgia"),
    "35": ("NM", "New Mexico"),
    "37": ("NC", "North Carolina"),
    "46": ("SD", "South Dakota"),
}

# GEOID: name; counties of every year, also the abolished ones
COUNTIES = {
    "02020": "Anchorage Municipality",
    "02063": "Chugach Census Area",
    "02066": "Copper River Census Area",
    "02090": "Fairbanks North Star Borough",
    "02150": "Kodiak Island Borough",
    "02158": "Kusilvak Census Area",
    "02261": "Valdez-Cordova Census Area",
    "02270": "Wade Hampton Census Area",
    "09001": "Fairfield County",
    "09003": "Hartford County",
    "09005": "Litchfield County",
    "09007": "Middlesex County",
    "09009": "New Haven County",
    "09011": "New London County",
    "09013": "Tolland County",
    "09015": "Windham County",
    "09110": "Capitol Planning Region",
    "09120": "Greater Bridgeport Planning Region",
    "09130": "Lower Connecticut River Valley Planning Region",
    "09140": "Naugatuck Valley Planning Region",
    "09150": "Northeastern Connecticut Planning Region",
    "09160": "Northwest Hills Planning Region",
    "09170": "South Central Connecticut Planning Region",
    "09180": "Southeastern Connecticut Planning Region",
    "09190": "Western Connecticut Planning Region",
    "13059": "Clarke County",
    "13089": "DeKalb County",
    "13121": "Fulton County",
    "13195": "Madison County",
    "13219": "Oconee County",
    "35013": "Doña Ana County",
    "37059": "Davie County",
    "37067": "Forsyth County",
    "37081": "Guilford County",
    "37157": "Rockingham County",
    "37169": "Stokes County",
    "37197": "Yadkin County",
    "46007": "Bennett County",
    "46083": "Lincoln County",
    "46099": "Minnehaha County",
    "46102": "Oglala Lakota County",
    "46103": "Pennington County",
    "46113": "Shannon County",
}

# GEOID: name, and whether the place is one of the population file's large places
PLACES = {
    "0203000": ("Anchorage municipality", True),
    "0908000": ("Bridgeport city", True),
    "0918430": ("Danbury city", True),
    "0937000": ("Hartford city", True),
    "0952000": ("New Haven city", True),
    "0955990": ("Norwalk city", True),
    "0973000": ("Stamford city", True),
    "0980000": ("Waterbury city", True),
    "1303440": ("Athens-Clarke County unified government (balance)", True),
    "1304000": ("Atlanta city", True),
    "1368516": ("Sandy Springs city", True),
    "1372122": ("South Fulton city", True),
    "1383728": ("Winterville city", False),
    "3539380": ("Las Cruces city", True),
    "3712960": ("Clemmons village", False),
    "3728000": ("Greensboro city", True),
    "3731400": ("High Point city", True),
    "3775000": ("Winston-Salem city", True),
    "4659020": ("Sioux Falls city", True),
}
OUTSIDE = "99999"

# One line per piece: state, 2012 PUMA, 2020 PUMA, county of 2020, Connecticut planning region and town, place
# of 2014, place of 2020, and a size (1 to 5) from which the populations are drawn.
_PIECES = """
02 00101 00101 020 -   -     03000 03000 5
02 00102 00102 020 -   -     03000 03000 5
02 00300 00300 063 -   -     99999 99999 1
02 00300 00300 066 -   -     99999 99999 1
02 00300 00300 090 -   -     99999 99999 4
02 00400 00400 150 -   -     99999 99999 2
02 00400 00400 158 -   -     99999 99999 1
09 00104 20801 001 120 08070 08000 08000 5
09 00105 20802 001 120 77200 99999 99999 4
09 00100 20904 001 190 18500 18430 18430 4
09 00102 20901 001 190 73070 73000 73000 4
09 00102 20901 001 190 33620 99999 99999 3
09 00103 20903 001 190 56060 55990 55990 4
09 00302 20201 003 110 37070 37000 37000 5
09 00303 20207 003 110 82590 99999 99999 4
09 00500 20100 005 160 76570 99999 99999 3
09 00500 20702 005 140 80490 99999 99999 3
09 00700 20500 007 130 47360 99999 99999 4
09 00901 20701 009 140 80070 80000 80000 4
09 00904 20602 009 170 82870 99999 99999 4
09 00905 20601 009 170 52070 52000 52000 5
09 01100 20402 011 180 56270 99999 99999 3
09 01101 20401 011 180 34250 99999 99999 3
09 01101 20500 011 130 44210 99999 99999 1
09 01300 20204 013 110 78250 99999 99999 3
09 01300 20301 013 110 72090 99999 99999 2
09 01500 20301 015 150 62710 99999 99999 3
09 01500 20402 015 180 86790 99999 99999 2
13 01001 01403 121 -   -     68516 68516 4
13 01003 01405 121 -   -     04000 04000 5
13 01004 01408 121 -   -     99999 72122 4
13 01004 01408 121 -   -     04000 04000 2
13 01007 01504 089 -   -     04000 04000 3
13 01007 01504 089 -   -     99999 99999 3
13 03600 01800 059 -   -     03440 03440 5
13 03600 01800 059 -   -     83728 83728 1
13 03700 01900 195 -   -     99999 99999 2
13 03700 01900 219 -   -     99999 99999 3
35 01001 01001 013 -   -     99999 99999 3
35 01002 01002 013 -   -     39380 39380 4
37 00300 00300 157 -   -     99999 99999 3
37 00300 00300 169 -   -     99999 99999 2
37 01701 01701 081 -   -     28000 28000 4
37 01702 01702 081 -   -     28000 28000 4
37 01703 01703 081 -   -     99999 99999 4
37 01704 01704 081 -   -     31400 31400 4
37 01801 01801 067 -   -     75000 75000 4
37 01802 01802 067 -   -     75000 75000 4
37 01803 01803 067 -   -     75000 75000 2
37 01803 01803 067 -   -     12960 12960 2
37 01803 01803 067 -   -     99999 99999 3
37 01803 01803 067 -   -     31400 31400 1
37 01900 01900 059 -   -     99999 99999 2
37 01900 01900 197 -   -     99999 99999 2
46 00100 00100 103 -   -     99999 99999 4
46 00200 00200 007 -   -     99999 99999 1
46 00200 00200 102 -   -     99999 99999 1
46 00500 00501 083 -   -     99999 99999 2
46 00500 00501 099 -   -     99999 99999 3
46 00600 00601 083 -   -     59020 59020 3
46 00600 00601 099 -   -     59020 59020 5
"""
_SIZES = {1: (1_200, 4_000), 2: (5_000, 14_000), 3: (16_000, 30_000), 4: (36_000, 60_000), 5: (70_000, 95_000)}


@dataclass(frozen=True)
class Piece:
    """A part of the map that lies in one PUMA, county and place of both censuses."""

    state: str
    puma_2012: str
    puma_2020: str
    county: str
    region: str
    town: str
    place_2014: str
    place_2020: str
    population_2010: int
    population_2020: int

    @property
    def postal(self) -> str:
        """The state's postal abbreviation."""
        return STATES[self.state][0]

    def county_in(self, year: int) -> str:
        """The 5-digit county GEOID that holds the piece in a year."""
        geoid = self.state + self.county
        if self.region != "-" and year >= 2022:
            return self.state + self.region
        if geoid == "46102" and year < 2015:
            return "46113"
        if geoid == "02158" and year < 2015:
            return "02270"
        return "02261" if geoid in ("02063", "02066") and year < 2020 else geoid

    def population(self, year: int) -> int:
        """Invented population: a line through those of 2010 and 2020."""
        change = self.population_2020 - self.population_2010
        return self.population_2010 + round(change * (year - 2010) / 10)


@cache
def pieces() -> tuple[Piece, ...]:
    """All pieces, sorted by state, PUMA and county."""
    made = []
    for line in _PIECES.strip().split("\n"):
        *codes, size = line.split()
        drawn = numbers("population", *codes)
        population = drawn.randint(*_SIZES[int(size)])
        made.append(Piece(*codes, population, round(population * drawn.uniform(0.94, 1.16))))
    return tuple(made)


def counties(year: int) -> list[str]:
    """County GEOIDs of a year."""
    return sorted({piece.county_in(year) for piece in pieces()})


def large_places(year: int) -> list[str]:
    """GEOIDs of the population file's places; South Fulton from 2018 on."""
    return [geoid for geoid, (_, large) in PLACES.items() if large and (geoid != "1372122" or year >= 2018)]


def place_name(geoid: str) -> str:
    """The place's name with its legal status."""
    return PLACES[geoid][0]


def short_county_name(geoid: str) -> str:
    """The county's name as Geocorr writes it, such as ``Forsyth NC``."""
    return f"{COUNTIES[geoid].removesuffix(' County')} {STATES[geoid[:2]][0]}"
