"""The Census Bureau's PUMS files of every vintage, each form they come in, and what is refused.

Every file here is made up. One line is a person or a housing unit; the columns are those of the vintage's
data dictionary.
"""

from __future__ import annotations

import gzip
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from conftest import staged_rows
from pipeline.errors import InputError, PartialInput
from pipeline.readers import inflate
from pipeline.readers.records import Records
from pipeline.run.workspace import Workspace
from pipeline.settings import Settings

ADJUSTMENT = {
    2014: 1008425,
    2016: 1007588,
    2018: 1013097,
    2021: 1029928,
    2022: 1042311,
    2023: 1019518,
    2024: 1015250,
}
PERSON = {
    "RT": "P",
    "SPORDER": 1,
    "ADJINC": "",
    "PWGTP": 20,
    "AGEP": 30,
    "SEX": 2,
    "RAC1P": 1,
    "HISP": "01",
    "ESR": 1,
    "SCHL": 21,
    "SCHG": "",
    "DDRS": 2,
    "DEAR": 2,
    "DEYE": 2,
    "DOUT": 2,
    "DPHY": 2,
    "DREM": 2,
}
HOUSING = {
    "RT": "H",
    "ADJINC": "",
    "ADJHSG": 1000000,
    "WGTP": 20,
    "NP": 1,
    "TEN": 1,
    "VACS": "",
    "HINCP": 50000,
    "SMOCP": 900,
    "RNTP": "",
    "GRNTP": "",
    "VALP": 200000,
    "LAPTOP": 1,
    "TABLET": 2,
    "HISPEED": 1,
}


def person(vintage: str, **values) -> dict:
    """One person record with the columns of the vintage; ``values`` change it."""
    return (
        _record(PERSON, "PWGTP", vintage, values)
        | ({"RELP": "00"} if int(vintage[:4]) < 2019 else {"RELSHIPP": 20})
        | values
    )


def housing(vintage: str, **values) -> dict:
    """One housing record with the columns of the vintage; ``values`` change it."""
    year = int(vintage[:4])
    named = {"TYPE" if year < 2020 else "TYPEHUGQ": 1, "ACCESS" if year < 2020 else "ACCESSINET": 1}
    return _record(HOUSING, "WGTP", vintage, values) | named | values


def _record(base: dict, weight: str, vintage: str, values: dict) -> dict:
    year, five = int(vintage[:4]), vintage.endswith("5-Year")
    serial = "0000049" if year < 2017 and not five else f"{year}HU0000049" if year >= 2018 else f"{year}000000049"
    puma = {"PUMA": "00100"}
    if five and year == 2014:
        puma = {"PUMA00": "-0009", "PUMA10": "00100"}
    if five and year == 2022:
        puma = {"PUMA10": "-0009", "PUMA20": "00100"}
    weights = {f"{weight}{number}": values.get(weight, base[weight]) + (number % 3 - 1) for number in range(1, 81)}
    return (
        base
        | {"SERIALNO": serial, "STATE" if year >= 2023 else "ST": "56", "ADJINC": ADJUSTMENT[year]}
        | puma
        | weights
    )


class Raw:
    """A raw directory and the store built from it."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, vintage: str, name: str, records: list[dict]):
        text = pd.DataFrame(records).to_csv(index=False).encode()
        path = self.folder / "raw" / "acs_pums" / vintage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".gz"):
            text = gzip.compress(text)
        path.write_bytes(text)
        return path

    def remove(self, vintage: str, name: str) -> None:
        (self.folder / "raw/acs_pums" / vintage / name).unlink()
        shutil.rmtree(self.folder / "store", ignore_errors=True)
        (self.folder / "raw/acs_pums/manifest.json").unlink(missing_ok=True)

    def stage(self, table: str, vintage: str, **choices) -> list[dict]:
        workspace = Workspace.of(Settings.of(self.folder / "raw", self.folder / "store", **choices))
        return staged_rows(workspace, table, vintage)


@pytest.fixture
def raw(tmp_path) -> Raw:
    return Raw(tmp_path)


VINTAGES = [
    "2014_1-Year",
    "2014_5-Year",
    "2016_1-Year",
    "2018_1-Year",
    "2018_5-Year",
    "2021_1-Year",
    "2022_5-Year",
    "2023_5-Year",
    "2024_1-Year",
]


@pytest.mark.parametrize("vintage", VINTAGES)
def test_person_columns_of_each_vintage(raw, vintage):
    raw.write(vintage, "psam_p56.csv", [person(vintage)])
    (row,) = raw.stage("acs_person", vintage)
    expected = {
        "year": int(vintage[:4]),
        "multyear": int(vintage[:4]),
        "statefip": "56",
        "puma": "00100",
        "gq": 1,
        "age": 30,
        "sex": 2,
        "race": 1,
        "hispan": 0,
        "empstat": 1,
        "educd": 101,
        "gradeatt": 0,
        "diffrem": 1,
        "perwt": 20,
        "repwtp1": 20,
        "repwtp2": 21,
        "repwtp3": 19,
    }
    assert {name: row[name] for name in expected} == expected
    assert list(row)[:6] == ["year", "multyear", "statefip", "puma", "serialno", "pernum"]
    assert list(row)[-2:] == ["repwtp79", "repwtp80"]


@pytest.mark.parametrize("vintage", VINTAGES)
def test_housing_columns_of_each_vintage(raw, vintage):
    raw.write(vintage, "psam_h56.csv", [housing(vintage)])
    (row,) = raw.stage("acs_household", vintage)
    expected = {
        "gq": 1,
        "countyfip": None,
        "hhwt": 20,
        "hhincome": 50000,
        "ownershp": 1,
        "owncost": 900,
        "rent": None,
        "rentgrs": None,
        "valueh": 200000,
        "vacancy": 0,
        "cinethh": 1,
        "cilaptop": 1,
        "citablet": 2,
        "cihispeed": 10,
    }
    assert {name: row[name] for name in expected} == expected
    assert row["adjust"] == pytest.approx(ADJUSTMENT[int(vintage[:4])] / 1e6, abs=1e-12)


def test_a_mixed_five_year_file_keeps_the_bare_puma_code_of_the_interview_year(raw):
    # 2010-2014: a record of 2011 has a 2000-vintage PUMA in PUMA00 and nothing in PUMA10
    # (quirk pums-2014-mixed-puma-vintage)
    records = [
        person("2014_5-Year"),
        person("2014_5-Year", SERIALNO="2011000000049", PUMA00="00400", PUMA10="-0009"),
    ]
    raw.write("2014_5-Year", "ss14pwy.csv", records)
    rows = raw.stage("acs_person", "2014_5-Year")
    assert [(row["multyear"], row["puma"]) for row in rows] == [(2014, "00100"), (2011, "00400")]


def test_five_year_income_is_in_dollars_of_the_last_year(raw):
    # 2018-2022, interview year 2018: ADJINC 1.184371 = 1.013097 (calendar year) x 1.16905988 (2022 dollars)
    record = housing(
        "2022_5-Year",
        SERIALNO="2018HU0000049",
        ADJINC=1184371,
        ADJHSG=1169060,
        PUMA10="00100",
        PUMA20="-0009",
    )
    raw.write("2022_5-Year", "psam_h56.csv", [record])
    (row,) = raw.stage("acs_household", "2022_5-Year")
    assert (row["multyear"], row["adjust"]) == (2018, 1.013097)
    assert row["hhincome"] == round(50000 * 1.184371 / 1.013097) == 58453
    assert row["owncost"] == round(900 * 1.16906)


def test_a_column_that_the_vintage_does_not_have_is_unknown_not_zero(raw):
    # the computer and internet questions began in 2013, so the 5-year file of 2010-2014 has none of them
    absent = ("ACCESS", "LAPTOP", "TABLET", "HISPEED")
    record = {name: value for name, value in housing("2014_5-Year").items() if name not in absent}
    raw.write("2014_5-Year", "ss14hwy.csv", [record])
    (row,) = raw.stage("acs_household", "2014_5-Year")
    assert [row[name] for name in ("cinethh", "cilaptop", "citablet", "cihispeed")] == [None] * 4


def test_group_quarters_and_vacant_units(raw):
    vintage = "2018_1-Year"
    raw.write(
        vintage,
        "psam_p56.csv",
        [person(vintage, SERIALNO=f"2018GQ000000{n}", RELP=relation) for n, relation in enumerate((15, 16, 17))],
    )
    assert [row["gq"] for row in raw.stage("acs_person", vintage)] == [1, 3, 4]
    raw.remove(vintage, "psam_p56.csv")
    raw.write(
        vintage,
        "psam_h56.csv",
        [
            housing(vintage, SERIALNO="2018HU0000001", TEN="", VACS=vacs, HINCP="", RNTP=700, ACCESS="", LAPTOP="")
            | {"SERIALNO": f"2018HU000000{vacs}"}
            for vacs in range(1, 8)
        ]
        + [housing(vintage, SERIALNO="2018GQ0000009", TYPE=2, TEN="", WGTP=0)],
    )
    rows = raw.stage("acs_household", vintage)
    assert [row["gq"] for row in rows] == [3] + [0] * 7
    assert [row["vacancy"] for row in rows] == [0, 1, 3, 2, 3, 4, 7, 9]
    assert rows[1]["rent"] == 700 and rows[1]["hhincome"] is None and rows[1]["cinethh"] == 0


@pytest.mark.parametrize(
    ("column", "codes", "staged", "expected"),
    [
        ("RAC1P", range(1, 10), "race", [1, 2, 3, 3, 3, 6, 6, 7, 8]),
        ("HISP", ["01", "02", "03", "04", "05", "24"], "hispan", [0, 1, 2, 3, 4, 4]),
        ("ESR", ["", 1, 2, 3, 4, 5, 6], "empstat", [0, 1, 1, 2, 1, 1, 3]),
        ("SCHL", ["", 1, 15, 16, 17, 18, 24], "educd", [None, 2, 61, 63, 64, 65, 116]),
        ("SCHG", ["", "01", "02", "03", "07", 11, 15, 16], "gradeatt", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("DREM", ["", 1, 2], "diffrem", [0, 2, 1]),
        ("DPHY", ["", 1, 2], "diffphys", [0, 2, 1]),
        ("DOUT", ["", 1, 2], "diffmob", [0, 2, 1]),
        ("DDRS", ["", 1, 2], "diffcare", [0, 2, 1]),
        ("DEAR", [1, 2], "diffsens", [2, 1]),
        ("DEYE", [1, 2], "diffsens", [2, 1]),
    ],
)
def test_person_codes(raw, column, codes, staged, expected):
    raw.write(
        "2018_1-Year",
        "psam_p56.csv",
        [person("2018_1-Year", SERIALNO=f"2018HU{number:07}", **{column: code}) for number, code in enumerate(codes)],
    )
    assert [row[staged] for row in raw.stage("acs_person", "2018_1-Year")] == expected


def test_zip_gzip_and_plain_give_the_same_table(raw, tmp_path):
    vintage = "2021_1-Year"
    people = [person(vintage, SERIALNO=f"2021HU{number:07}", AGEP=number % 90) for number in range(40)]
    plain = raw.write(vintage, "psam_p56.csv", people)
    content, rows = plain.read_bytes(), raw.stage("acs_person", vintage)
    plain.unlink()
    raw.write(vintage, "psam_p56.csv.gz", people)
    assert raw.stage("acs_person", vintage) == rows
    plain.with_suffix(".csv.gz").unlink()
    header, *lines = content.splitlines(keepends=True)
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        with zipfile.ZipFile(plain.with_name("csv_pus.zip"), "w", method) as archive:
            archive.writestr("psam_pusb.csv", header + b"".join(lines[25:]))
            archive.writestr("psam_pusa.csv", header + b"".join(lines[:25]))
            archive.writestr("ACS2021_PUMS_README.pdf", b"%PDF")
        assert raw.stage("acs_person", vintage) == rows


def test_output_does_not_depend_on_the_number_of_threads(raw):
    vintage = "2021_1-Year"
    numbers = range(20_000)
    people = [person(vintage, SERIALNO=f"2021HU{number:07}", AGEP=number % 90) for number in numbers]
    homes = [housing(vintage, SERIALNO=f"2021HU{number:07}", PUMA=f"{number % 7:05}") for number in reversed(numbers)]
    for table, name, records in (("acs_person", "psam_p56", people), ("acs_household", "psam_h56", homes)):
        raw.write(vintage, f"{name}.csv.gz", records)
        content = []
        for threads in (1, 2):
            raw.stage(table, vintage, threads=threads)
            content.append((raw.folder / "store/staged" / table / vintage / f"{name}.parquet").read_bytes())
        assert content[0] == content[1]


def test_housing_records_lie_by_state_and_puma(raw):
    places = [("56", "00200", 1), ("02", "00300", 4), ("56", "00100", 2), ("02", "00300", 3)]
    records = [
        housing("2021_1-Year", SERIALNO=f"2021HU{number:07}", PUMA=puma, ST=state) for state, puma, number in places
    ]
    raw.write("2021_1-Year", "psam_husa.csv", records)
    rows = raw.stage("acs_household", "2021_1-Year")
    found = [(row["statefip"], row["puma"], int(row["serialno"][6:])) for row in rows]
    assert found == [("02", "00300", 3), ("02", "00300", 4), ("56", "00100", 2), ("56", "00200", 1)]


def test_projected_parquet_leaves_unknown_what_its_columns_do_not_tell(raw):
    folder = raw.folder / "raw/acs_pums/2024_1-Year_projected"
    folder.mkdir(parents=True)
    known = [
        "SERIALNO",
        "SPORDER",
        "STATE",
        "PUMA",
        "PWGTP",
        "AGEP",
        "SEX",
        "RAC1P",
        "HISP",
        "SCHL",
        "ESR",
        "DREM",
    ]
    frame = pd.DataFrame([person("2024_1-Year", HISP=1), person("2024_1-Year", HISP=1, SERIALNO="2024GQ0000007")])[
        known
    ]
    frame.to_parquet(folder / "p_56.parquet")
    rows = raw.stage("acs_person", "2024_1-Year")
    assert [row["gq"] for row in rows] == [1, 4]
    unknown = ("gradeatt", "diffcare", "diffmob", "diffsens", "repwtp1", "repwtp80")
    assert all(row[name] is None for row in rows for name in unknown)
    assert rows[0]["diffrem"] == 1 and rows[0]["educd"] == 101


# -- bad input ------------------------------------------------------------------------------------------


def refused(raw, records, *words, name="psam_p56.csv", vintage="2018_1-Year", table="acs_person"):
    raw.write(vintage, name, records)
    with pytest.raises(InputError) as caught:
        raw.stage(table, vintage)
    message = str(caught.value)
    assert all(word in message for word in (name, *words)), message
    assert not (raw.folder / "store/staged" / table / vintage / f"{name.split('.')[0]}.parquet").exists()


def people(**values):
    return [person("2018_1-Year", SERIALNO=f"2018HU{number:07}", **values) for number in range(3)]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("RAC1P", 0, ["RAC1P", "1 to 9", "0 in 3 records"]),
        ("SCHL", 25, ["SCHL", "25 in 3 records"]),
        ("SEX", "", ["SEX", "blank in 3 records"]),
        ("AGEP", "abc", ["AGEP", "line 2", "abc"]),
        ("PWGTP7", "many", ["PWGTP7", "line 2", "many"]),
        ("ST", "6", ["ST", "leading zeros", "6 in 3 records"]),
        ("PUMA", "100", ["PUMA", "leading zeros", "100 in 3 records"]),
        ("RT", "H", ["RT", "Expected: P"]),
        ("RELSHIPP", 20, ["RELSHIPP", "not both"]),
        ("ADJINC", 1029928, ["ADJINC", "2018"]),
        ("PWGTP", "", ["perwt", "3 records"]),
    ],
)
def test_a_value_that_may_not_be(raw, column, value, words):
    refused(
        raw,
        people(**{column: value}) if column != "PWGTP" else [record | {"PWGTP": ""} for record in people()],
        *words,
    )


def test_a_serial_number_of_another_year(raw):
    refused(
        raw,
        [*people(), person("2018_1-Year", SERIALNO="2017000000012")],
        "SERIALNO",
        "2017000000012",
        "in 1 record",
    )


def test_missing_weights(raw):
    lacking = [{name: value for name, value in record.items() if name != "PWGTP"} for record in people()]
    refused(raw, lacking, "PWGTP", "lacks a column")
    lacking = [
        {name: value for name, value in record.items() if name not in ("PWGTP5", "PWGTP6")} for record in people()
    ]
    refused(raw, lacking, "PWGTP5, PWGTP6", "78 of them")
    lacking = [{name: value for name, value in record.items() if name != "WGTP"} for record in [housing("2018_1-Year")]]
    raw.remove("2018_1-Year", "psam_p56.csv")
    refused(raw, lacking, "WGTP", "lacks a column", name="psam_h56.csv", table="acs_household")


def test_replicate_weights_of_something_else(raw):
    refused(
        raw,
        [record | {f"PWGTP{number}": 1 for number in range(1, 81)} for record in people()],
        "repwtp1 to repwtp80",
        "0.0500 times",
    )


@pytest.mark.parametrize(("numbers", "lacking"), [((1, 2, 3), 0), ((1, 3), 1), ((2, 3), 1), ((1, 4), 2)])
def test_persons_that_their_household_lacks_are_seen_without_housing_records(raw, numbers, lacking):
    members = [person("2018_1-Year", SPORDER=number) for number in numbers]
    others = [person("2018_1-Year", SERIALNO="2018HU0000009"), person("2018_1-Year", SERIALNO="2018HU0000008")]
    raw.write("2018_1-Year", "psam_p56.csv", [*members, *others])
    if not lacking:
        assert len(raw.stage("acs_person", "2018_1-Year")) == 5
        return
    with pytest.raises(
        PartialInput, match=f"missing in the numbers of their households: at most 0. Found: {lacking} .56"
    ):
        raw.stage("acs_person", "2018_1-Year")


def test_duplicate_persons(raw):
    refused(raw, [person("2018_1-Year"), person("2018_1-Year")], "serialno, pernum", "2 rows")


def test_truncated_gzip_and_zip(raw):
    path = raw.write("2018_1-Year", "psam_p56.csv.gz", people() * 300)
    whole = path.read_bytes()
    for cut in (
        len(whole) // 2,
        len(whole) - 4,
    ):  # the second cut loses only the length that gzip notes at its end
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match="cannot be read to its end.*psam_p56.csv.gz"):
            raw.stage("acs_person", "2018_1-Year")
    path.unlink()
    path = path.with_name("csv_pwy.zip")
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(InputError, match=r"csv_pwy\.zip"):
        raw.stage("acs_person", "2018_1-Year")


def test_a_web_page_in_place_of_the_file(raw):
    path = raw.write("2018_1-Year", "psam_p56.csv", people())
    path.write_text("<!DOCTYPE html><html><body>404</body></html>")
    with pytest.raises(InputError, match="web page"):
        raw.stage("acs_person", "2018_1-Year")


def test_a_line_with_too_few_fields(raw):
    path = raw.write("2018_1-Year", "psam_p56.csv", people())
    path.write_bytes(path.read_bytes() + b"P,2018HU0000077\n")
    with pytest.raises(InputError, match="line 5"):
        raw.stage("acs_person", "2018_1-Year")


@pytest.mark.parametrize("other", ["psam_p56.csv", "csv_pwy.zip", "csv_pus.zip", "psam_pusa.csv"])
def test_a_state_in_two_files(raw, other):
    raw.write("2018_1-Year", "psam_p56.csv.gz", people())
    (raw.folder / "raw/acs_pums/2018_1-Year" / other).write_bytes(b"")
    with pytest.raises(InputError, match=f"(hold the same records.*{other}|{other}.*hold the same)|{other}"):
        raw.stage("acs_person", "2018_1-Year")


@pytest.mark.parametrize(
    "name",
    ["psam_p56 (1).csv", "psam_p56 (1).csv.gz", "psam_p56_old.csv", "psam_p56-copy.csv", "Copy of psam_p56.csv"],
)
def test_a_copy_under_a_name_that_is_not_the_bureaus(raw, name):
    raw.write("2018_1-Year", "psam_p56.csv", people())
    raw.write("2018_1-Year", name, people())
    with pytest.raises(InputError, match=r"does not say what it holds.*psam_p56.*move it out"):
        raw.stage("acs_person", "2018_1-Year")


@pytest.mark.parametrize("name", ["psam_p56.csv.bak", "psam_p56.csv.tmp", "psam_p56.csv~", "psam_p56.csv.part"])
def test_leftovers_beside_a_file_are_left_out(raw, name):
    raw.write("2018_1-Year", "psam_p56.csv", people())
    raw.write("2018_1-Year", name, people())
    assert len(raw.stage("acs_person", "2018_1-Year")) == 3


@pytest.mark.parametrize("name", ["psam_p01.csv", "csv_pal.zip"])
def test_a_file_of_another_state_than_its_name_says(raw, name):
    path = raw.write("2018_1-Year", "psam_p01.csv", people())
    if name.endswith("zip"):
        with zipfile.ZipFile(path.with_name(name), "w") as out:
            out.write(path, "psam_p01.csv")
        path.unlink()
    with pytest.raises(
        InputError, match=f"of another state than its name says.*{name}.*Expected: records of 01. Found: 56"
    ):
        raw.stage("acs_person", "2018_1-Year")


def test_an_encrypted_zip(raw):
    path = raw.write("2018_1-Year", "psam_p56.csv", people())
    with zipfile.ZipFile(path.with_name("csv_pwy.zip"), "w") as out:
        out.write(path, "psam_p56.csv")
    path.unlink()
    path = path.with_name("csv_pwy.zip")
    packed = bytearray(path.read_bytes())
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(packed)
    with pytest.raises(InputError, match=r"csv_pwy\.zip.*psam_p56\.csv is encrypted"):
        raw.stage("acs_person", "2018_1-Year")


def test_two_parts_of_the_nation_with_the_same_bytes(raw):
    raw.write("2018_1-Year", "psam_pusa.csv", people())
    raw.write("2018_1-Year", "psam_pusb.csv", people())
    with pytest.raises(InputError, match=r"hold the same records.*psam_pusb"):
        raw.stage("acs_person", "2018_1-Year")


def test_the_last_good_table_stays(raw):
    raw.write("2018_1-Year", "psam_p56.csv", people())
    assert len(raw.stage("acs_person", "2018_1-Year")) == 3
    table = raw.folder / "store/staged/acs_person/2018_1-Year/psam_p56.parquet"
    good = table.read_bytes()
    raw.write("2018_1-Year", "psam_p56.csv", people(SEX=5))
    with pytest.raises(InputError):
        raw.stage("acs_person", "2018_1-Year")
    assert table.read_bytes() == good


# -- what reads beside DuckDB ----------------------------------------------------------------------------


def many_lines(lines: int) -> bytes:
    return b"A,B\n" + b"".join(b"%d,x\n" % number for number in range(lines))


def records_of(path, kinds, member=None):
    return Records([inflate.pieces(path, member)], ["A", "B"], kinds)


@pytest.mark.parametrize("read", [0, 1])
def test_threads_end_though_nobody_reads_the_records(tmp_path, read):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(many_lines(6_000_000), 1))
    records = records_of(path, {"A": "INTEGER"})
    reader = records.reader()
    for _ in range(read):
        reader.read_next_batch()
    before = time.monotonic()
    records.stop()
    assert time.monotonic() - before < 10 and not records._thread.is_alive()


def test_a_reader_that_still_waits_is_woken(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(many_lines(10))
    records = records_of(path, {"A": "INTEGER"})
    reader = records.reader()
    reader.read_next_batch()
    records._parsed.get()  # the end mark, as if it never came
    threading.Timer(0.5, records.stop).start()
    with pytest.raises(EOFError):
        reader.read_next_batch()


INTERRUPTED_WHILE_READ = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = ["tests/contract", "tests"]
from test_pums_staging import Raw, Records
parse, parsed = Records._parse, []
def interrupted(self, block):
    parsed.append(block)
    if len(parsed) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return parse(self, block)
Records._parse = interrupted
Raw(Path(sys.argv[1])).stage("acs_person", sys.argv[2])
"""


def test_an_interrupted_staging_ends(raw, tmp_path):
    """Ctrl-C, while blocks are parsed and DuckDB reads them: the process tells it, and no thread of DuckDB outlives it."""
    vintage = "2021_1-Year"
    raw.write(vintage, "psam_p56.csv", [person(vintage)])
    path = raw.folder / "raw/acs_pums" / vintage / "psam_p56.csv"
    header, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + line * 400_000)
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_READ, tmp_path, vintage], capture_output=True, text=True, timeout=60
    )
    # Python ends by the signal itself where the interrupt met its own code, with 1 where DuckDB made an error of it.
    assert ended.returncode in (1, -signal.SIGINT), ended.stderr
    assert ("KeyboardInterrupt" in ended.stderr or "interrupted" in ended.stderr) and "Fatal" not in ended.stderr
    assert not list((tmp_path / "store").rglob("psam*.parquet"))


def test_damage_is_told_though_duckdb_stopped_before_it(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(many_lines(6_000_000), 1)[:-4])
    records = records_of(path, {"A": "SMALLINT"})
    with duckdb.connect() as con:
        con.register("records", records.reader())
        with pytest.raises(duckdb.Error):
            con.execute("SELECT sum(A) FROM records")
    records.finish()
    assert records.refused and records.damage


def test_a_wrong_checksum_and_a_second_gzip_member(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"A,B\n1,x\n") + gzip.compress(b"2,x\n"))
    assert records_of(path, {"A": "INTEGER"}).reader().read_all().to_pydict() == {"A": [1, 2]}
    packed = bytearray(path.read_bytes())
    packed[-8] ^= 1
    path.write_bytes(packed)
    records = records_of(path, {"A": "INTEGER"})
    with pytest.raises(Exception, match="CRC"):
        records.reader().read_all()
    assert "CRC" in records.damage
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.csv", many_lines(1000))
    packed = bytearray(archive.read_bytes())
    packed[60] ^= 1
    archive.write_bytes(packed)
    records = records_of(archive, {"A": "INTEGER"}, "a.csv")
    records.finish()
    assert records.damage


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('1,"x\ny"', "a value in quotes that goes on in the next line"),
        ('1,"x\n2,y"', "a value in quotes that goes on in the next line"),
        ('1,"x', "a value in quotes that goes on in the next line"),
        ('1,"x"y', 'a quote within a value: 1,"x"'),
        ('"2"0,x', 'a quote within a value: "2"'),
        ('1,x"y', 'a quote within a value: 1,x"'),
        ("1,x,", "Expected 2 columns, got 3: 1,x,"),
        ("1", "Expected 2 columns, got 1: 1"),
        ("2.5,x", "Could not convert string '2.5' to INTEGER"),
        ("x,1", "Could not convert string 'x' to INTEGER"),
    ],
)
@pytest.mark.parametrize("before", [0, 5 << 20])
def test_lines_that_no_file_of_the_bureau_has_are_refused(tmp_path, line, told, before):
    """In the first block and in a later one, with lines that follow."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"A,B\n" + b"1,xyz\n" * (before // 6) + line.encode() + b"\n3,z\n")
    records = records_of(path, {"A": "INTEGER", "B": "VARCHAR"})
    with pytest.raises((pa.ArrowInvalid, duckdb.Error), match=re.escape(told)):
        records.reader().read_all()
    assert records.refused
    records.stop()


def test_values_are_read_as_duckdb_reads_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'A,B\r\n007,"x, ""y"""\r\n,\r\n 5.0 ,""\r\n-1e2,\xc3\xa9\r\n+3,NA')
    kinds = {"A": "INTEGER", "B": "VARCHAR"}
    with duckdb.connect() as con:
        con.register("records", records_of(path, kinds).reader())
        ours = con.execute("FROM records").fetchall()
        own = con.execute(
            f"FROM read_csv('{path}', auto_detect = false, header = true, escape = '\"', columns = {kinds})"
        ).fetchall()
    assert ours == own == [(7, 'x, "y"'), (None, None), (5, None), (-100, "é"), (3, "NA")]
