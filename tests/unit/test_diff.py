"""Differences between folders of published files."""

import gzip
import shutil

import pytest

from pipeline.errors import InputError, UsageError
from pipeline.publish import diff
from pipeline.publish.versions import named
from pipeline.store.store import open_store

HEADER = "year,state,county,state_name,county_name,population,x,x_quality\n"


def write(folder, rows, packed=False, header=HEADER, stem="11_file", encoding="utf-8"):
    folder.mkdir(exist_ok=True)
    content = (header + "".join(f"{row}\n" for row in rows)).encode(encoding)
    path = folder / (f"{stem}.csv.gz" if packed else f"{stem}.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    return folder


def test_equal_numbers_in_other_spelling_and_packing_do_not_differ(tmp_path):
    old = write(tmp_path / "old", ["2022,01,001,A,B,5,0.00050,Strong"], packed=True)
    new = write(tmp_path / "new", ["2022,01,001,A,B,5,5e-4,Strong"])
    assert diff.compare(old, new)["different"] is False


def test_values_nulls_rows_and_columns(tmp_path):
    old = write(
        tmp_path / "old",
        [
            "2022,01,001,A,B,5,1.0,Strong",
            "2022,01,003,A,C,5,NA,NA",
            "2022,01,005,A,D,5,2,Weak",
            "2022,01,007,A,E,5,2,Weak",
        ],
    )
    new = write(
        tmp_path / "new",
        [
            "2022,01,001,A,B,5,1.5,Strong,7",
            "2022,01,003,A,C,5,3,Weak,7",
            "2022,01,005,A,D,5,NA,NA,7",
            "2023,01,005,A,D,5,2,Weak,7",
        ],
        header=HEADER.strip() + ",y\n",
    )
    report = diff.compare(old, new)
    file = report["files"]["11_file"]
    assert report["different"] and (file["rows_added"], file["rows_removed"], file["columns_added"]) == (1, 1, ["y"])
    by_column = {each["column"]: each for each in file["years"]}
    assert (by_column["x"]["changed"], by_column["x"]["gained"], by_column["x"]["lost"]) == (1, 1, 1)
    assert by_column["x"]["largest"]["old"] == "1.0" and by_column["x_quality"]["kind"] == "quality"
    assert "| x | 2022 | 1 | 1 | 1 |" in diff.as_markdown(report, "old", "new")


def test_a_folder_without_files_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="No published files"):
        diff.compare(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.50", "0.5"),
        ("1e-05", "0.00001"),
        ("5.340e-4", "0.000534"),
        ("100", "100.0"),
        ("0.190:0.272", "0.19:0.272"),
        ("NA", ""),
        ("0.58613440000000006", "0.5861344"),
    ],
)
def test_numbers_are_compared_as_numbers_however_they_are_printed(tmp_path, old, new):
    one = write(tmp_path / "old", [f"2022,01,001,A,B,5,{old},Strong"])
    other = write(tmp_path / "new", [f"2022,01,001,A,B,5,{new},Strong"])
    assert diff.compare(one, other)["different"] is False


@pytest.mark.parametrize(
    ("old", "new"), [("0.50", "0.51"), ("0.190:0.272", "0.190:0.273"), ("1:2", "1:2:3"), ("1:x", "1")]
)
def test_other_numbers_differ(tmp_path, old, new):
    one = write(tmp_path / "old", [f"2022,01,001,A,B,5,{old},Strong"])
    other = write(tmp_path / "new", [f"2022,01,001,A,B,5,{new},Strong"])
    (row,) = diff.compare(one, other)["files"]["11_file"]["years"]
    assert (row["changed"], row["largest"]["old"], row["largest"]["new"]) == (1, old, new)


def test_last_digits_are_told_apart_from_changes(tmp_path):
    one = write(tmp_path / "old", ["2022,01,001,A,B,5,0.7331012215625883,Weak", "2022,01,003,A,C,5,1,Weak"])
    other = write(tmp_path / "new", ["2022,01,001,A,B,5,0.7331012215625884,Weak", "2022,01,003,A,C,5,2,Weak"])
    report = diff.compare(one, other)
    assert report["files"]["11_file"]["last_digit"] == {"x": {"2022": 1}}
    assert [each["changed"] for each in report["files"]["11_file"]["years"]] == [1]
    assert "- 1 numbers that differ in their last digits only: x (2022)" in diff.as_markdown(report, "old", "new")


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("12_file_longitudinal__partial", "12_file_longitudinal"),
        ("16_file__2024-04-22", "16_file"),
        ("college_race-ethnicity_longitudinal_2025-01-27", "college_race-ethnicity_longitudinal"),
        ("income__2024-round__partial", "income"),
        ("meps_county_2014-2021", "meps_county_2014-2021"),
        ("mothers_education", "mothers_education"),
    ],
)
def test_what_is_set_after_a_name_is_left_out(stem, name):
    assert diff.core(stem) == name


def test_files_are_paired_whatever_is_set_after_their_names(tmp_path):
    row = "2022,01,001,A,B,5,1,Weak"
    for stem in (
        "12_file__partial",
        "16_file__partial",
        "16_file__2024-04-22",
        "17_file",
        "17_file__2024-04-22",
        "18_file",
    ):
        write(tmp_path / "old", [row], packed=True, stem=stem)
    for stem in ("12_file", "16_file", "17_file", "19_file"):
        write(tmp_path / "new", [row], stem=stem)
    report = diff.compare(tmp_path / "old", tmp_path / "new")
    paired = {stem: (each["old"], each["new"]) for stem, each in report["files"].items()}
    assert paired == {
        "12_file__partial": ("12_file__partial.csv.gz", "12_file.csv"),
        "16_file__partial": ("16_file__partial.csv.gz", "16_file.csv"),
        "16_file__2024-04-22": ("16_file__2024-04-22.csv.gz", "16_file.csv"),
        "17_file": ("17_file.csv.gz", "17_file.csv"),
    }
    assert (report["only_old"], report["only_new"]) == (["17_file__2024-04-22", "18_file"], ["19_file"])
    told = diff.as_markdown(report, "old", "new")
    assert "- files only in old (2): 17_file__2024-04-22, 18_file\n" in told


def test_absent_columns_and_years_take_a_line_each(tmp_path):
    old = write(
        tmp_path / "old",
        [f"{year},01,00{area},A,B,5,1,Weak,7" for year in range(2014, 2020) for area in (1, 3)],
        header=HEADER.strip() + ",z\n",
    )
    kept = [f"{year},01,00{area},A,B,5,NA,NA" for year in range(2014, 2018) for area in (1, 3)]
    new = write(tmp_path / "new", [*kept, "2023,01,001,A,B,5,1,Weak", "2023,01,003,A,B,5,1,Weak"])
    report = diff.compare(old, new)
    file = report["files"]["11_file"]
    assert (file["years_removed"], file["years_added"]) == ({"2018": 2, "2019": 2}, {"2023": 2})
    assert file["years"] == [] and report["different"]
    assert {(each["column"], each["side"], each["values"]) for each in file["absent"]} == {
        ("x", "new", 2),
        ("x_quality", "new", 2),
    }
    assert diff.as_markdown(report, "old", "new").splitlines()[4:] == [
        "",
        "- columns only in old: z",
        "- years only in old: 2018-2019 (4 rows)",
        "- years only in new: 2023 (2 rows)",
        "- without any value in new, with values in old: x, x_quality (2014-2017)",
    ]


def test_files_without_a_key_are_compared_row_by_row(tmp_path):
    crosswalk = "GEOID,x\n"
    old = write(tmp_path / "old", ["1,2", "1,2", "3,4"], header=crosswalk)
    new = write(tmp_path / "new", ["1,2", "3,5"], header=crosswalk)
    file = diff.compare(old, new)["files"]["11_file"]
    assert (file["rows_removed"], file["rows_added"]) == (2, 1) and "no year" in file["note"]
    twice = write(tmp_path / "twice", ["2022,01,001,A,B,5,1,Weak"] * 2)
    assert "several rows of one year" in diff.compare(twice, twice)["files"]["11_file"]["note"]


def test_files_that_mix_encodings_are_read(tmp_path):
    old = write(tmp_path / "old", ["2022,35,013,New Mexico,Doña Ana County,5,1,Weak"], encoding="latin-1", packed=True)
    new = write(tmp_path / "new", ["2022,35,013,New Mexico,Doña Ana County,5,1,Weak"])
    assert diff.compare(old, new)["different"] is False


def test_published_files_are_paired_with_ours(shared, tmp_path):
    ours, stem = tmp_path / "ours", "12_mobility-metrics_county_race-ethnicity_longitudinal"
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in (f"{stem}__partial", "16_mobility-metrics_county_gender_longitudinal__2024-04-22"):
        shutil.copy(shared / "published" / f"{name}.csv.gz", theirs)
    ours.mkdir()
    (ours / f"{stem}.csv").write_bytes(gzip.decompress((theirs / f"{stem}__partial.csv.gz").read_bytes()))
    report = diff.compare(theirs, ours)
    assert list(report["files"]) == [f"{stem}__partial"] and report["files"][f"{stem}__partial"]["years"] == []
    assert report["only_old"] == ["16_mobility-metrics_county_gender_longitudinal__2024-04-22"]


def test_a_release_or_method_that_is_not_there_lists_what_is(tmp_path):
    store = open_store(str(tmp_path))
    for version in ("2026.1", "2026.10"):
        (tmp_path / "releases" / version).mkdir(parents=True)
        (tmp_path / "releases" / version / "manifest.json").write_text("{}")
    assert named(store, "2026.1", "2025") == tmp_path / "releases/2026.1"
    assert named(store, "some/folder", "2025") is None
    with pytest.raises(UsageError, match="Unknown release of method 2025 .* '2026.2'.*Known: 2026.1, 2026.10"):
        named(store, "2026.2", "2025")
    with pytest.raises(UsageError, match="Unknown method 'corected'. Did you mean corrected"):
        named(store, "corected:2026.1", "2025")
