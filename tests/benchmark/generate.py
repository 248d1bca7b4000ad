"""Synthetic national ACS PUMS vintages of true size, in the layout of the Census Bureau's files.

Housing units are spread over the PUMAs of the geography in proportion to their population; every value is a hash of
the unit's number, so that two runs give the same files. Widths are those of the real files (2021: 287 columns and
about 700 bytes per person, 170 after gzip): what the pipeline does not read is filled with codes and blanks.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.settings import SQL

REPLICATES = range(1, 81)
# FIPS codes of the states and the District of Columbia; the gaps were never given to a state
STATES = [f"{number:02}" for number in range(1, 57) if number not in (3, 7, 14, 43, 52)]
UNITS_PER_PERSON = 1 / 2.276
POOL = 200_000


@dataclass(frozen=True)
class Vintage:
    """One sample: its name, true number of persons, mean weight, and in how many parts the nation is published."""

    name: str
    persons: int
    mean_weight: int
    parts: int

    @property
    def year(self) -> int:
        """Last year of the sample."""
        return int(self.name[:4])

    @property
    def years(self) -> int:
        """How many years of interviews it has."""
        return int(self.name[5])


VINTAGES = (Vintage("2021_1-Year", 3_400_000, 97, 2), Vintage("2021_5-Year", 15_700_000, 21, 4))

# Columns that the pipeline reads -> how a value is made from the unit (i), the person (j) and their hash draws.
PERSON = {
    "RT": "'P'",
    "SERIALNO": "serialno",
    "SPORDER": "pernum",
    "PUMA": "puma",
    "ST": "statefip",
    "ADJINC": "adjinc",
    "PWGTP": "weight",
    "AGEP": "age",
    "DDRS": "if(age >= 5, 2 - (draw(j, 10, 20) = 0)::INTEGER, NULL)",
    "DEAR": "2 - (draw(j, 11, 25) = 0)::INTEGER",
    "DEYE": "2 - (draw(j, 12, 30) = 0)::INTEGER",
    "DOUT": "if(age >= 15, 2 - (draw(j, 13, 20) = 0)::INTEGER, NULL)",
    "DPHY": "if(age >= 5, 2 - (draw(j, 14, 15) = 0)::INTEGER, NULL)",
    "DREM": "if(age >= 5, 2 - (draw(j, 15, 20) = 0)::INTEGER, NULL)",
    "RELSHIPP": "CASE kind WHEN 2 THEN 37 WHEN 3 THEN 38 ELSE [20, 21, 25, 25, 25, 25][pernum] END",
    "SCHG": "CASE WHEN age < 3 OR age > 24 THEN NULL WHEN age < 5 THEN if(draw(j, 16, 2) = 0, 1, NULL) "
    "WHEN age < 18 THEN age - 3 ELSE if(draw(j, 16, 2) = 0, 15, NULL) END",
    "SCHL": "if(age < 3, NULL, lpad(if(age < 18, greatest(1, age - 3), 14 + draw(j, 17, 11))::VARCHAR, 2, '0'))",
    "SEX": "1 + draw(j, 18, 2)",
    "ESR": "if(age >= 16, [1, 1, 1, 1, 2, 3, 6, 6][1 + draw(j, 19, 8)], NULL)",
    "HISP": "['01', '01', '01', '01', '02', '24'][1 + draw(i, 20, 6)]",
    "RAC1P": "[1, 1, 1, 1, 1, 2, 2, 6, 8, 9][1 + draw(i, 21, 10)]",
}
HOUSING = {
    "RT": "'H'",
    "SERIALNO": "serialno",
    "PUMA": "puma",
    "ST": "statefip",
    "ADJHSG": "1000000 + 20000 * (getvariable('year') - interviewed)",
    "ADJINC": "adjinc",
    "WGTP": "if(kind > 1, 0, weight)",
    "NP": "size",
    "TYPEHUGQ": "greatest(kind, 1)",
    "ACCESSINET": "if(kind = 1, 1 + draw(i, 40, 12) // 9 * (1 + draw(i, 41, 2)), NULL)",
    "HISPEED": "if(kind = 1 AND draw(i, 40, 12) < 9, 1 + draw(i, 42, 5) // 4, NULL)",
    "LAPTOP": "if(kind = 1, 1 + draw(i, 43, 5) // 4, NULL)",
    "TABLET": "if(kind = 1, 1 + draw(i, 44, 5) // 3, NULL)",
    "TEN": "if(kind = 1, tenure, NULL)",
    "VACS": "if(kind = 0, 1 + draw(i, 46, 7), NULL)",
    "VALP": "if(owned OR kind = 0 AND draw(i, 46, 7) IN (2, 3), 5000 * (10 + draw(i, 47, 40) * draw(i, 48, 5)), NULL)",
    "RNTP": "if(rented OR kind = 0 AND draw(i, 46, 7) IN (0, 1), 300 + 10 * draw(i, 49, 200), NULL)",
    "GRNTP": "if(rented, 300 + 10 * draw(i, 49, 200) + draw(i, 50, 300), NULL)",
    "SMOCP": "if(owned, 200 + draw(i, 51, 3000), NULL)",
    # Rounded as in Illinois 2018: half of the incomes to thousands, 92 % to hundreds
    "HINCP": "if(kind = 1, (round(10 ** (3.8 + draw(i, 52, 100000) / 40000 - draw(i, 53, 100) / 500) / rounded) * rounded)"
    "::INTEGER, NULL)",
}
WIDTH = {"p": 287, "h": 233}

_SETUP = """
CREATE OR REPLACE MACRO draw(number, salt, possible) AS (hash(number, salt) % possible)::INTEGER;
-- Full weight and its 80 replicates as text: 0.3, 1 or 1.7 times the weight, and what raking does to them
CREATE TABLE pool AS
    SELECT number, weight,
           array_to_string([round(weight * [0.3, 1, 1, 1.7][1 + draw(number, replicate, 4)]
                                         * (0.95 + draw(number, 100 + replicate, 11) / 100))::INTEGER
                            FOR replicate IN range(80)], ',') AS replicates
    FROM (SELECT range AS number, 1 + draw(range, 1, getvariable('mean_weight')) + draw(range, 2, getvariable('mean_weight'))
                 AS weight
          FROM range(getvariable('pool')));
-- Columns that the pipeline does not read: flags, codes, amounts and blanks
CREATE TABLE filler AS
    SELECT number, letter,
           array_to_string([CASE WHEN column_number > others * 0.4 THEN if(draw(number, column_number, 40) = 0, '', '0')
                                 WHEN draw(number, column_number, 12) < 7 THEN ''
                                 WHEN draw(number, column_number, 12) < 11 THEN draw(number, column_number, 3)::VARCHAR
                                 ELSE (100 * draw(number, column_number, 300))::VARCHAR END
                            FOR column_number IN range(others)], ',') AS others
    FROM range(4096) AS numbers(number), (VALUES ('p', getvariable('others_p')), ('h', getvariable('others_h'))) AS t(letter, others);
-- Housing units: kind 0 vacant, 1 household, 2 institution, 3 other group quarters
CREATE TABLE units AS
    SELECT *, interviewed || CASE WHEN interviewed < 2018 THEN '00' WHEN kind > 1 THEN 'GQ' ELSE 'HU' END || lpad(i::VARCHAR, 7, '0') AS serialno,
           kind = 1 AND tenure <= 2 AS owned, kind = 1 AND tenure = 3 AS rented,
           -- 1-year ADJINC of the interview year, brought to dollars of the sample's last year
           round(acs_calendar_factor(interviewed) * 1000000 * 1.02 ** (getvariable('year') - interviewed))::INTEGER AS adjinc
    FROM (SELECT i, statefip, puma, getvariable('year') - (i % getvariable('years'))::INTEGER AS interviewed,
                 [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2 + draw(i, 32, 2)][1 + draw(i, 30, 20)] AS kind,
                 CASE kind WHEN 0 THEN 0 WHEN 1 THEN [1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6][1 + draw(i, 31, 12)] ELSE 1 END AS size,
                 [1, 1, 1, 2, 2, 3, 3, 4][1 + draw(i, 45, 8)] AS tenure,
                 [1000, 1000, 1000, 1000, 1000, 1000, 100, 100, 100, 100, 100, 10][1 + draw(i, 54, 12)] AS rounded
          FROM (SELECT statefip, puma, unnest(range(from_unit, to_unit)) AS i FROM pumas));
"""
_PUMAS = """
CREATE TABLE pumas AS
    SELECT statefip, puma, ((below - population) / everyone * getvariable('units'))::BIGINT AS from_unit,
           (below / everyone * getvariable('units'))::BIGINT AS to_unit
    FROM (SELECT statefip, puma, population, sum(population) OVER (ORDER BY statefip, puma) AS below,
                 sum(population) OVER () AS everyone
          FROM (SELECT statefip, puma, sum(population)::DOUBLE AS population
                FROM read_parquet(getvariable('crosswalk'))
                WHERE crosswalk_period = crosswalk_period(getvariable('year')) AND statefip <> '72' GROUP BY ALL))
"""
_RECORDS = {
    "h": "SELECT *, i AS j FROM units",
    "p": """SELECT *, CASE WHEN pernum <= 2 THEN 18 + draw(j, 5, 40) + draw(j, 6, 32) ELSE draw(j, 7, 23) END AS age
            FROM (SELECT *, 8 * i + pernum AS j FROM (SELECT *, unnest(range(1, size + 1)) AS pernum FROM units))""",
}
_LINES = """
COPY (SELECT concat_ws(',', {values}, others, replicates) AS "{header}"
      FROM ({records}) JOIN pool ON pool.number = draw(j, 3, {pool})
           JOIN filler ON filler.number = draw(j, 4, 4096) AND letter = '{letter}'
      WHERE i >= {from_unit} AND i < {to_unit})
TO '{path}' (FORMAT csv, COMPRESSION none, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER true)
"""


def write(folder: Path, vintage: Vintage, crosswalk: Path, scale: float = 1) -> list[Path]:
    """Write psam_pusa.csv.gz, psam_husa.csv.gz and so on of one vintage to ``folder``, unless they are there.

    ``crosswalk`` is the built table geography/puma_to_county, ``scale`` the share of the true number of records.
    Returns the paths, persons first.
    """
    letters = "abcdefgh"[: vintage.parts]
    paths = [folder / f"psam_{letter}us{part}.csv.gz" for letter in "ph" for part in letters]
    missing = [path for path in paths if not path.exists()]
    if not missing:
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    units = max(round(vintage.persons * scale * UNITS_PER_PERSON), 100)
    variables = {
        "units": units,
        "crosswalk": str(crosswalk),
        "year": vintage.year,
        "years": vintage.years,
        "pool": min(POOL, units // 4),
        "mean_weight": vintage.mean_weight,
        "others_p": WIDTH["p"] - 80 - len(PERSON),
        "others_h": WIDTH["h"] - 80 - len(HOUSING),
    }
    # Joins as written: units are streamed, so the lines keep the order of states, as in the real files
    with duckdb.connect(config={"disabled_optimizers": "join_order,build_side_probe_side"}) as con:
        for name, value in variables.items():
            con.execute(f"SET VARIABLE {name} = {value!r}")
        for macros in ("acs_codes", "geography"):
            con.execute((SQL / "macros" / f"{macros}.sql").read_text(encoding="utf-8"))
        con.execute(_PUMAS)
        con.execute(_SETUP)
        bounds = [round(units * part / vintage.parts) for part in range(vintage.parts + 1)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda path: _write_part(con.cursor(), path, variables, bounds), missing))
    return paths


def _write_part(con, path: Path, variables: dict, bounds: list[int]) -> None:
    letter, part = path.name[5], ord(path.name[8]) - ord("a")
    columns, weight = (PERSON, "PWGTP") if letter == "p" else (HOUSING, "WGTP")
    header = [
        *columns,
        *(f"OTHER{number}" for number in range(variables[f"others_{letter}"])),
        *(f"{weight}{number}" for number in REPLICATES),
    ]
    replicates = (
        "replicates" if letter == "p" else f"CASE WHEN kind > 1 THEN '{','.join(['0'] * 80)}' ELSE replicates END"
    )
    values = ", ".join(f"coalesce(({value})::VARCHAR, '')" for value in columns.values())
    # Through a pipe: DuckDB's own gzip has a level that takes eight times as long, and the plain file is never written
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".unfinished-") as folder:
        pipe, finished = Path(folder) / "pipe", Path(folder) / "finished"
        statement = _LINES.replace("others, replicates)", f"others, {replicates})").format(
            values=values,
            header=",".join(header),
            records=_RECORDS[letter],
            pool=variables["pool"],
            letter=letter,
            from_unit=bounds[part],
            to_unit=bounds[part + 1],
            path=pipe,
        )
        os.mkfifo(pipe)
        with subprocess.Popen(["sh", "-c", 'exec gzip -1 < "$0" > "$1"', str(pipe), str(finished)]) as packing:
            try:
                con.execute(statement)
            except BaseException:
                packing.kill()
                raise
        if packing.returncode:
            raise OSError(f"gzip ended with exit code {packing.returncode}")
        finished.replace(path)


def write_states(folder: Path, vintage: Vintage, crosswalk: Path) -> None:
    """Write one person and one housing file per state, psam_p01.csv.gz, psam_h01.csv.gz and so on, to a new ``folder``.

    A state that the crosswalk lacks gets the records of its first state, under its own code.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as national:
        for path in write(Path(national), vintage, crosswalk):
            with gzip.open(path, "rt") as file:
                header, *rows = (line.split(",") for line in file)
            column = header.index("ST")
            of_state = {state: [row for row in rows if row[column] == state] for state in STATES}
            first = next(found for found in of_state.values() if found)
            for state, found in of_state.items():
                with gzip.open(folder / f"psam_{path.name[5]}{state}.csv.gz", "wt", compresslevel=1) as target:
                    chosen = found or [[*row[:column], state, *row[column + 1 :]] for row in first]
                    target.writelines(",".join(row) for row in [header, *chosen])
