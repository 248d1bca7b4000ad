"""Person and housing records in the layout of the Census Bureau's ACS PUMS files, with 80 replicate weights.

The small age groups of the metrics have enough records for every subgroup in one PUMA of the 5-year samples,
enough for some subgroups in other areas and too few elsewhere. Replicate weights are 0.3, 1 or 1.7 times the
weight, as in successive difference replication.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from pipeline.sample import areas
from pipeline.sample.raw_files import csv_bytes, gzip_bytes, numbers, zip_bytes

_STATES = ("02", "09", "13", "37", "46")
# Sample -> states. 2014 has a 5-year sample of two states only, 2021 lacks South Dakota in its 1-year sample,
# New Mexico comes in 2022.
VINTAGES = {
    "2014_5-Year": ("09", "37"),
    "2018_1-Year": _STATES,
    "2018_5-Year": _STATES,
    "2021_1-Year": ("02", "09", "13", "37"),
    "2021_5-Year": _STATES,
    "2022_1-Year": (*_STATES, "35"),
    "2023_1-Year": (*_STATES, "35"),
    "2023_5-Year": _STATES,
}
_HOUSEHOLDS = {"1-Year": 330, "5-Year": 450}
# Winston-Salem (North): families with children of the ages that the metrics ask for
_WELL_SAMPLED, _FURTHER_HOUSEHOLDS = ("37", "01801"), {"1-Year": 0, "5-Year": 420}
# ADJINC of 1-year files by interview year (PUMS data dictionaries); in 5-year files inflated to the last year
_CALENDAR_FACTOR = {
    2010: 1007624,
    2011: 1018237,
    2012: 1010207,
    2013: 1007549,
    2014: 1008425,
    2015: 1001264,
    2016: 1007588,
    2017: 1011189,
    2018: 1013097,
    2019: 1010145,
    2020: 1006149,
    2021: 1029928,
    2022: 1042311,
    2023: 1019518,
}
_YEARLY_INFLATION = 1.02
_REPLICATES = range(1, 81)


@dataclass(frozen=True)
class Sample:
    """One vintage: last year and kind, and what follows from them for the layout."""

    vintage: str

    @property
    def year(self) -> int:
        return int(self.vintage[:4])

    @property
    def kind(self) -> str:
        return self.vintage[5:]

    @property
    def state_column(self) -> str:
        return "STATE" if self.year >= 2023 else "ST"

    @property
    def relationship(self) -> tuple[str, int]:
        """Column of the relationship to the householder, and what its codes begin with."""
        return ("RELSHIPP", 20) if self.year >= 2019 else ("RELP", 0)

    def pumas(self, puma: str, interviewed: int) -> dict[str, str]:
        """PUMA columns: the 5-year sample of 2014 mixes two vintages, and some old codes exist no more."""
        if self.vintage != "2014_5-Year":
            return {"PUMA": puma}
        if interviewed >= 2012:
            return {"PUMA00": "-9", "PUMA10": puma}
        return {"PUMA00": puma if interviewed == 2011 else "09999", "PUMA10": "-9"}


def files() -> dict[str, bytes]:
    """Relative path -> content of the person (p) and housing (h) files: CSV.gz, zips by state or nation."""
    found = {}
    for vintage, states in VINTAGES.items():
        sample = Sample(vintage)
        tables = {state: _state_tables(sample, state) for state in states}
        for letter in "hp":
            packed = _packed(sample, letter, {state: tables[state][letter] for state in states})
            found |= {f"acs_pums/{vintage}/{name}": content for name, content in packed.items()}
    return found


def _packed(sample: Sample, letter: str, by_state: dict[str, list[dict]]) -> dict[str, bytes]:
    """File name -> content: the nation in a zip or in two files, a zip per state, or a file per state."""
    halves = {
        f"psam_{letter}us{half}.csv": _table([row for state in states for row in by_state[state]])
        for half, states in (("a", sorted(by_state)[:3]), ("b", sorted(by_state)[3:]))
        if states
    }
    if sample.vintage in ("2021_5-Year", "2022_1-Year", "2023_5-Year"):
        return {f"csv_{letter}us.zip": zip_bytes(halves)}
    if sample.vintage == "2018_5-Year":
        return {f"{name}.gz": gzip_bytes(content) for name, content in halves.items()}
    if sample.vintage in ("2021_1-Year", "2023_1-Year"):
        return {
            f"csv_{letter}{areas.STATES[state][0].lower()}.zip": zip_bytes({f"psam_{letter}{state}.csv": _table(rows)})
            for state, rows in by_state.items()
        }
    return {f"psam_{letter}{state}.csv.gz": gzip_bytes(_table(rows)) for state, rows in by_state.items()}


def _table(rows: list[dict]) -> bytes:
    return csv_bytes(rows[0], (row.values() for row in rows))


def _state_tables(sample: Sample, state: str) -> dict[str, list[dict]]:
    """Housing and person rows of one state."""
    drawn = numbers("microdata", sample.vintage, state)
    pumas = Counter()
    for piece in areas.pieces():
        if piece.state == state:
            puma = piece.puma_2020 if sample.year >= 2022 else piece.puma_2012
            pumas[puma] += piece.population(sample.year)
    housing, persons = [], []
    sizes = [pumas[puma] ** 0.5 for puma in sorted(pumas)]
    chosen = drawn.choices(sorted(pumas), sizes, k=_HOUSEHOLDS[sample.kind])
    if state == _WELL_SAMPLED[0]:
        chosen += [_WELL_SAMPLED[1]] * _FURTHER_HOUSEHOLDS[sample.kind]
    for number, puma in enumerate(chosen, start=1):
        unit = _unit(sample, state, puma, number, drawn)
        members = _members(sample, unit, drawn)
        housing.append(_housing_row(sample, unit, members, drawn))
        persons += [_person_row(sample, unit, member, order) for order, member in enumerate(members, start=1)]
    return {"h": housing, "p": persons}


def _unit(sample: Sample, state: str, puma: str, number: int, drawn: Random) -> dict:
    """What all records of an address share. ``kind``: household, vacant or one of two group quarters."""
    kind = drawn.choices(["household", "vacant", "institution", "other quarters"], [86, 8, 3, 3])[0]
    length = 1 if sample.kind == "1-Year" else 5
    interviewed = sample.year - drawn.randrange(length)
    letters = "00" if interviewed < 2018 else "HU" if kind in ("household", "vacant") else "GQ"
    return {
        "kind": kind,
        "well_sampled": number > _HOUSEHOLDS[sample.kind],
        "state": state,
        "serial": f"{interviewed}{letters}{int(state) * 10_000 + number:07d}",
        "pumas": sample.pumas(puma, interviewed),
        "weight": drawn.randint(20, 160) // length + 1,
        "adjinc": round(_CALENDAR_FACTOR[interviewed] * _YEARLY_INFLATION ** (sample.year - interviewed)),
        "adjhsg": round(1e6 * _YEARLY_INFLATION ** (sample.year - interviewed)),
        "factors": drawn.choices((0, 1, 1, 2), k=len(_REPLICATES)),
        "race": drawn.choices((1, 2, 6, 9, 8, 3), (46, 27, 12, 8, 4, 3))[0],
        "hispanic": drawn.choices(("01", "02", "03", "24"), (80, 10, 6, 4))[0],
    }


def _members(sample: Sample, unit: dict, drawn: Random) -> list[dict]:
    """Persons of the unit: a householder, often a partner, and children; one person in group quarters."""
    if unit["kind"] == "vacant":
        return []
    if unit["kind"] != "household":
        ages = [drawn.choice((19, 20, 21, 33, 47, 70))]
    else:
        ages = [drawn.choice((19, 20, *range(23, 55), *range(25, 85)))]
        ages += [max(18, ages[0] + drawn.randint(-4, 4))] if drawn.random() < 0.55 else []
        children = drawn.choices((0, 1, 2), (5, 4, 2))[0] if ages[0] < 60 else 0
        ages += [drawn.choice((0, 1, 3, 3, 4, 4, 8, 12, 16, 19, 20)) for _ in range(children)]
        ages += [drawn.choice((3, 4, 19, 20)) for _ in range(2)] if unit["well_sampled"] else []
    return [_member(age, drawn) for age in ages]


def _member(age: int, drawn: Random) -> dict:
    employed = drawn.choices((1, 3, 6), (76, 5, 19) if age < 62 else (20, 2, 78))[0]
    schooling = drawn.choices((14, 15, 16, 17, 19, 21, 22), (6, 8, 30, 8, 22, 18, 8))[0]
    grade = {3: drawn.choice(("", 1, 1)), 4: drawn.choice(("", 1, 1, 1, 2))}.get(age, "")
    return {
        "AGEP": age,
        "SEX": drawn.choice((1, 2)),
        "SCHG": age - 3 if 5 < age < 18 else grade,
        "SCHL": "" if age < 3 else schooling if age >= 18 else max(1, age - 3),
        "ESR": employed if age >= 16 else "",
        "difficulty": drawn.random() < 0.14,
    }


def _person_row(sample: Sample, unit: dict, member: dict, order: int) -> dict:
    column, first = sample.relationship
    quarters = 17 if first else 16
    code = {"institution": first + quarters, "other quarters": first + quarters + 1}.get(
        unit["kind"], first + min(order - 1, 2)
    )
    age, difficulty = member["AGEP"], 1 if member["difficulty"] else 2
    return {
        "RT": "P",
        "SERIALNO": unit["serial"],
        "SPORDER": order,
        **unit["pumas"],
        sample.state_column: unit["state"],
        "ADJINC": unit["adjinc"],
        "PWGTP": unit["weight"],
        "AGEP": age,
        "DDRS": difficulty if age >= 5 else "",
        "DEAR": 2,
        "DEYE": 2,
        "DOUT": 2 if age >= 15 else "",
        "DPHY": difficulty if age >= 5 else "",
        "DREM": 2 if age >= 5 else "",
        column: f"{code:02d}",
        "SCHG": member["SCHG"],
        "SCHL": member["SCHL"],
        "SEX": member["SEX"],
        "ESR": member["ESR"],
        "HISP": unit["hispanic"],
        "RAC1P": unit["race"],
        **_replicates("PWGTP", unit["weight"], unit["factors"]),
    }


def _housing_row(sample: Sample, unit: dict, members: list[dict], drawn: Random) -> dict:
    kind = unit["kind"]
    type_of_unit = {"institution": 2, "other quarters": 3}.get(kind, 1)
    weight = 0 if type_of_unit != 1 else unit["weight"]
    access, type_column = ("ACCESSINET", "TYPEHUGQ") if sample.year >= 2020 else ("ACCESS", "TYPE")
    row = {
        "RT": "H",
        "SERIALNO": unit["serial"],
        **unit["pumas"],
        sample.state_column: unit["state"],
        "ADJHSG": unit["adjhsg"],
        "ADJINC": unit["adjinc"],
        "WGTP": weight,
        "NP": len(members),
        type_column: type_of_unit,
        "TEN": "",
        "VACS": "",
        "VALP": "",
        "RNTP": "",
        "GRNTP": "",
        "SMOCP": "",
        "HINCP": "",
        access: "",
        "HISPEED": "",
        "LAPTOP": "",
        "TABLET": "",
    }
    rent, value = drawn.randrange(400, 2400, 10), drawn.randrange(60_000, 600_000, 5_000)
    if kind == "vacant":
        row["VACS"] = drawn.choices((1, 2, 3, 4, 5, 7), (35, 8, 25, 8, 14, 10))[0]
        row["RNTP"] = rent if row["VACS"] in (1, 2) else ""
        row["VALP"] = value if row["VACS"] in (3, 4) else ""
    if kind == "household":
        row["HINCP"] = round(drawn.lognormvariate(10.95, 0.75), -1 if drawn.random() < 0.9 else None)
        row["TEN"] = drawn.choices((1, 2, 3, 4), (40, 22, 34, 4))[0]
        if row["TEN"] == 3:
            row["RNTP"], row["GRNTP"] = rent, rent + drawn.randrange(0, 300, 5)
        if row["TEN"] in (1, 2):
            row["VALP"], row["SMOCP"] = value, value // 200 if row["TEN"] == 1 else value // 700
        row[access] = drawn.choices((1, 2, 3), (84, 4, 12))[0]
        row["HISPEED"] = drawn.choices((1, 2), (8, 2))[0] if row[access] == 1 else ""
        row["LAPTOP"], row["TABLET"] = drawn.choices((1, 2), (8, 2))[0], drawn.choices((1, 2), (6, 4))[0]
    return row | _replicates("WGTP", weight, unit["factors"])


def _replicates(column: str, weight: int, factors: list[int]) -> dict:
    values = (round(weight * 0.3), weight, round(weight * 1.7))
    return {f"{column}{number}": values[factor] for number, factor in zip(_REPLICATES, factors, strict=True)}
