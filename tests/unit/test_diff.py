"""Differences between folders of published files."""

import gzip

import pytest

from pipeline.errors import InputError
from pipeline.publish import diff

HEADER = "year,state,county,state_name,county_name,population,x,x_quality\n"


def write(folder, rows, packed=False, header=HEADER):
    folder.mkdir(exist_ok=True)
    content = (header + "".join(f"{row}\n" for row in rows)).encode()
    path = folder / ("11_file.csv.gz" if packed else "11_file.csv")
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
