"""SEDA's long files as .csv and .dta, of versions 4.1, 5.0 and 6.0, and what is refused."""

import pandas as pd
import pytest
from raw_files import staged, table

from pipeline.errors import InputError

GROUPS = ("all", "wht", "blk", "hsp", "ecd", "nec", "mal", "fem")


def record(tests="tot_asmt", **values):
    row = {"sedacounty": 1001, "sedacountyname": "Autauga", "fips": 1, "stateabb": "AL", "subject": "rla", "grade": 3, "year": 2019}
    for group in GROUPS:
        row |= {f"gcs_mn_{group}": 3.25, f"gcs_mn_se_{group}": 0.125, f"{tests}_{group}": 40}
    return row | values


def write(path, *records):
    table(path, list(records[0]), *(list(each.values()) for each in records))


def found(tmp_path, name="seda_county", vintage="2019-5.0"):
    return [tuple(row.values()) for row in staged(tmp_path / "raw", name, vintage)]


def test_reading_and_language_arts_by_group_from_csv(tmp_path):
    missing = record(grade=4, gcs_mn_blk="NA", gcs_mn_se_blk="", tot_asmt_blk=12)
    write(tmp_path / "raw/seda/seda_county_long_gcs_5.0.csv", record(), missing, record(subject="mth", grade=5))
    rows = found(tmp_path)
    assert len(rows) == 16
    assert ("01001", 2019, 3, "all", 3.25, 0.125, 40) in rows
    assert ("01001", 2019, 4, "blk", None, None, 12) in rows


def test_the_stata_file_gives_the_same_rows_in_full_precision(tmp_path):
    frame = pd.DataFrame([record(), record(grade=4, gcs_mn_blk=float("nan"))])
    single = [column for column in frame if column.startswith("gcs")]
    frame[single] = frame[single].astype("float32")
    frame.loc[0, "gcs_mn_all"] = 1 / 3
    path = tmp_path / "raw/seda/seda_county_long_gcs_5.0.dta"
    path.parent.mkdir(parents=True)
    frame.to_stata(path, write_index=False)
    rows = {row[2:4]: row for row in found(tmp_path)}
    assert rows[3, "all"] == ("01001", 2019, 3, "all", 0.3333333432674408, 0.125, 40)
    assert rows[4, "blk"][4] is None
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="Stata file cannot be read|at least|No rows"):
        found(tmp_path)


def test_version_4_names_the_tests_otherwise(tmp_path):
    write(tmp_path / "raw/seda/seda_county_long_gcs_4.1.csv", record(tests="totgyb", year=2018))
    assert found(tmp_path, vintage="2018-4.1")[0] == ("01001", 2018, 3, "all", 3.25, 0.125, 40)


def test_districts_have_seven_digits(tmp_path):
    row = {"sedalea": 100005, **{name: value for name, value in record().items() if name not in ("sedacounty", "sedacountyname")}}
    write(tmp_path / "raw/seda/seda_geodist_long_gcs_6.0.csv", row)
    assert found(tmp_path, "seda_district", "2019-6.0")[0][0] == "0100005"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        # the file on the cohort scale, and that of pooled years
        ({name.replace("gcs_", "cs_"): value for name, value in record().items()}, "lacks a column.*gcs_mn_all"),
        ({name: value for name, value in record().items() if name != "grade"}, "lacks a column.*column grade"),
        (record(grade=9), "column grade, line 2.*3 to 8.*'9'"),
        (record(gcs_mn_all="suppressed"), "column gcs_mn_all, line 2.*a number.*'suppressed'"),
        (record(subject="reading"), "column subject, line 2.*one of rla, mth.*'reading'"),
    ],
)
def test_other_files_are_refused(tmp_path, row, words):
    write(tmp_path / "raw/seda/seda_county_long_gcs_5.0.csv", row)
    with pytest.raises(InputError, match=words):
        found(tmp_path)


def test_offices_of_districts_over_the_years_of_the_vintage(tmp_path):
    header = ["year", "leaid", "lea_name", "county_code", "city_location", "enrollment"]
    rows = [[year, "0100005", "a", "1095", f"City {year}", "5"] for year in (2007, 2008, 2018, 2019)]
    table(tmp_path / "raw/nces_ccd/school-districts_lea_directory.csv", header, *rows)
    assert found(tmp_path, "ccd_lea_office", "2008-2018") == [(2008, "0100005", "City 2008"), (2018, "0100005", "City 2018")]
