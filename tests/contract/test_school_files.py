"""Schools and poverty estimates of the Education Data Portal: the real headers, and what is refused."""

import json

import pytest
from raw_files import staged, table

from pipeline.errors import InputError

DIRECTORY = ["year", "ncessch", "leaid", "school_name", "fips", "county_code", "city_location", "enrollment"]
ENROLLMENT = ["year", "ncessch", "ncessch_num", "leaid", "fips", "grade", "race", "sex", "enrollment"]
MEPS = ["year", "fips", "gleaid", "ncessch", "meps_poverty_pct", "meps_poverty_se", "meps_poverty_ptl"]


def test_the_directory_of_the_year_with_negative_codes_as_missing(tmp_path):
    rows = [
        ["2019", "010000500870", "0100005", "Albertville", "1", "1095", "Albertville", "911"],
        ["2019", "10000500871", "0100005", "lost its zero", "1", "-2", "Albertville", "-1"],
        ["2018", "010000500872", "0100005", "another year", "1", "1095", "Albertville", "5"],
    ]
    table(tmp_path / "raw/nces_ccd_schools/schools_ccd_directory.csv", DIRECTORY, *rows)
    assert [tuple(row.values()) for row in staged(tmp_path / "raw", "ccd_school", "2019")] == [
        ("010000500870", "01095", "Albertville", 911),
        ("010000500871", None, "Albertville", -1),
    ]
    with pytest.raises(InputError, match="expected: rows of 2020|rows of 2020"):
        staged(tmp_path / "raw", "ccd_school", "2020")


def test_pages_of_the_portal(tmp_path):
    page = tmp_path / "raw/nces_ccd_schools/directory_2019/page-001.json"
    page.parent.mkdir(parents=True)
    school = dict(zip(DIRECTORY, [2019, "010000500870", "0100005", "a", 1, 1095, "Albertville", 911], strict=True))
    page.write_text(json.dumps({"count": 1, "next": None, "results": [school]}))
    assert [row["county_geoid"] for row in staged(tmp_path / "raw", "ccd_school", "2019")] == ["01095"]


def enrollment(tmp_path, *rows):
    lines = [["2019", "010000500870", "10000500870", "0100005", "1", *row] for row in rows]
    table(tmp_path / "raw/nces_ccd_schools/schools_ccd_enrollment_2019.csv", ENROLLMENT, *lines)
    return [tuple(row.values())[1:] for row in staged(tmp_path / "raw", "ccd_school_race_enrollment", "2019")]


def test_enrollment_is_the_sum_over_the_sexes_of_all_grades(tmp_path):
    rows = [(99, 2, 1, 10), (99, 2, 2, 20), (99, 2, 9, 1), (99, 2, 99, 500), (9, 2, 1, 7), (99, 4, 1, 9), (99, 99, 1, 99)]
    rows += [(99, 3, 1, -1), (99, 3, 2, 4), (99, 1, 1, -3)]
    assert enrollment(tmp_path, *rows) == [(1, 0), (2, 31), (3, 4)]


def test_a_file_of_another_year_or_of_districts_is_refused(tmp_path):
    path = tmp_path / "raw/nces_ccd_schools/schools_ccd_enrollment_2019.csv"
    row = ["2018", "010000500870", "10000500870", "0100005", "1", "99", "2", "1", "10"]
    table(path, ENROLLMENT, row)
    with pytest.raises(InputError, match="column year.*2019.*'2018'"):
        staged(tmp_path / "raw", "ccd_school_race_enrollment", "2019")
    table(path, ["year", "leaid", "fips", "grade", "race", "sex", "enrollment"], ["2019", "0100005", 1, 99, 2, 1, 10])
    with pytest.raises(InputError, match="column ncessch"):
        staged(tmp_path / "raw", "ccd_school_race_enrollment", "2019")


def meps(tmp_path, percent):
    path = tmp_path / "raw/urban_meps/schools_meps.csv"
    table(path, MEPS, ["2019", "1", "100005", "10000500870", percent, "1.2", "60"], ["2018", "1", "1", "1", "5", "", ""])
    return [tuple(row.values()) for row in staged(tmp_path / "raw", "meps_school", "2019")]


def test_poverty_estimates(tmp_path):
    assert meps(tmp_path, "20.5") == [("010000500870", 20.5)]


@pytest.mark.parametrize("percent", ["-1", "120.5", "suppressed"])
def test_an_estimate_that_is_no_percentage_is_refused(tmp_path, percent):
    with pytest.raises(InputError, match=f"meps_poverty_pct, line 2.*'{percent}'"):
        meps(tmp_path, percent)
