"""Bad input: exit code 3, a message that names file, column, expected and found; nothing good is lost."""

import hashlib
import json
import shutil

import pytest

MIT = "mit-living-wage/mit-living-wage-2022.csv"
SLICE = "bls_qcew/qcew-2021-a-37067.csv"
EXPORT = "edfacts-homelessness/2022-23 LEA homeless student data.csv"


def edit(path, old, new, count=1):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, count))


def rename_column(raw):
    edit(raw / MIT, b"wage", b"hourly")


def text_in_a_numeric_column(raw):
    header, first, rest = (raw / MIT).read_bytes().split(b"\n", 2)
    (raw / MIT).write_bytes(b"\n".join([header, b",".join([*first.split(b",")[:-1], b"twelve"]), rest]))


def duplicate_keys(raw):
    path = raw / MIT
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[1].rsplit(b",", 1)[0] + b",99.99\n"]))


def lost_zero(raw):
    header, first, rest = (raw / MIT).read_bytes().split(b"\n", 2)
    cells = first.split(b",")
    cells[1] = b"2"
    (raw / MIT).write_bytes(b"\n".join([header, b",".join(cells), rest]))


def web_page(raw):
    (raw / MIT).write_text("<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>")


def cut_off_gzip(raw):
    path = next((raw / "urban-population").glob("county-populations.csv.gz"))
    path.write_bytes(path.read_bytes()[:-200])


def cut_off_zip(raw):
    path = raw / "bls_qcew/2022_annual_singlefile.zip"
    path.write_bytes(path.read_bytes()[:-200])


def wrong_year(raw):
    path = raw / SLICE
    path.write_text(path.read_text().replace(",2021,A,", ",2020,A,", 1).replace(',2021,"A",', ',2020,"A",', 1))


def missing_file(raw):
    (raw / MIT).unlink()


def short_line(raw):
    path = raw / MIT
    path.write_bytes(path.read_bytes() + b"2021,37\n")


def missing_column_in_export(raw):
    edit(raw / EXPORT, b"Subgroup", b"Group")


CASES = [
    (rename_column, "living-wage", 2022, [MIT, "wage", "hourly"]),
    (text_in_a_numeric_column, "living-wage", 2022, [MIT, "wage", "line 2", "a number", "twelve"]),
    (duplicate_keys, "living-wage", 2022, [MIT, "Duplicate keys", "state, county, adults, children", "2 rows"]),
    (lost_zero, "living-wage", 2022, [MIT, "state", "line 2", "2 digits", "'2'"]),
    (web_page, "living-wage", 2022, [MIT, "web page", "<!doctype html>"]),
    (
        cut_off_gzip,
        "living-wage",
        2022,
        ["county-populations.csv.gz", "cannot be read to its end", "Get it again".lower()],
    ),
    (cut_off_zip, "living-wage", 2022, ["2022_annual_singlefile.zip", "complete .zip file"]),
    (wrong_year, "living-wage", 2021, [SLICE, "year", "2021", "'2020'"]),
    (missing_file, "living-wage", 2022, [MIT]),
    (short_line, "living-wage", 2022, [MIT, "cannot be read"]),
    (missing_column_in_export, "student-homelessness", 2022, ["2022-23 LEA homeless student data.csv", "Subgroup"]),
]


@pytest.fixture(scope="module")
def built(pristine_sample, tmp_path_factory, command_line):
    """A store built from the good sample for 2021 and 2022; tests work on copies."""
    store = tmp_path_factory.mktemp("built") / "store"
    chosen = ["--year", "2021", "--year", "2022", "--metric", "living-wage", "--metric", "student-homelessness"]
    assert command_line.run("build", *chosen, raw=pristine_sample, store=store).returncode == 0
    return store


def hashes(store):
    return {
        str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in store.rglob("*.parquet")
    }


@pytest.mark.parametrize(("damage", "metric", "year", "words"), CASES, ids=[case[0].__name__ for case in CASES])
def test_bad_input_is_named_and_the_last_good_output_stays(
    built, sample, tmp_path, mobility, damage, metric, year, words
):
    store = tmp_path / "store"
    shutil.copytree(built, store)
    before = hashes(store)
    damage(sample)
    result = mobility("build", "--metric", metric, "--year", year, raw=sample, store=store)
    assert result.returncode == 3, result.stderr
    message = result.stderr.lower()
    missing = [word for word in words if word.lower() not in message]
    assert not missing, result.stderr
    assert "Traceback" not in result.stderr
    assert hashes(store) == before
    assert not list(store.rglob(".partial-*"))


@pytest.mark.parametrize(
    ("lost", "metric", "year"),
    [
        ("hud/*FY22*", "housing-affordability", 2022),
        ("acs_pums/2018_1-Year/*p*", "employment", 2018),
        ("acs_pums/2018_1-Year/psam_p37*", "employment", 2018),
        (MIT, "living-wage", 2022),
    ],
)
def test_a_file_that_was_there_and_is_gone_is_an_error_also_without_naming_the_year(
    sample, mobility, lost, metric, year
):
    for path in list(sample.glob(lost)):
        path.unlink()
    result = mobility("build", "--metric", metric, "--json", raw=sample)
    assert result.returncode == 3
    outcomes = {each["step"]: each for each in json.loads(result.stdout)["outcomes"]}
    assert outcomes[f"metric/{metric} {year} county"]["status"] in ("input missing", "failed", "blocked")
    told = [each["message"] for each in outcomes.values() if each["exit_code"] == 3]
    assert any(lost.rpartition("/")[2].strip("*") in message for message in told), told


def test_other_metrics_still_build(sample, tmp_path, mobility):
    web_page(sample)
    result = mobility(
        "build", "--year", 2022, "--metric", "living-wage", "--metric", "student-homelessness", "--json", raw=sample
    )
    assert result.returncode == 3
    statuses = {each["step"]: each["status"] for each in json.loads(result.stdout)["outcomes"]}
    assert statuses["staged/mit_living_wage 2022"] == "failed"
    assert statuses["metric/living-wage 2022 county"] == "blocked"
    assert statuses["metric/student-homelessness 2022 county"] == "built"
    assert statuses["metric/student-homelessness 2022 place"] == "built"


def test_a_good_file_put_back_is_built_again(built, sample, pristine_sample, tmp_path, mobility):
    store = tmp_path / "store"
    shutil.copytree(built, store)
    before = hashes(store)
    web_page(sample)
    assert mobility("build", "--metric", "living-wage", "--year", 2022, raw=sample, store=store).returncode == 3
    assert list((store / "failures").rglob("*.json"))
    shutil.copyfile(pristine_sample / MIT, sample / MIT)
    assert mobility("build", "--metric", "living-wage", "--year", 2022, raw=sample, store=store).returncode == 0
    assert hashes(store) == before
    assert not list((store / "failures").rglob("*.json"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("build", "--metric", "living-wages"), 2, "living-wage"),
        (("build", "--metric", "living-wage", "--year", "1999"), 2, "1999"),
        (("build", "--geography", "tract"), 2, "tract"),
        (("audit", "living-wage", "--geoid", "7067", "--year", "2022"), 2, "leading zeros"),
        (("audit", "living-wage", "--geoid", "37067", "--year", "2022"), 3, "has not been built"),
        (("release", "twenty"), 2, "YYYY.N"),
        (("diff", "1999.1", "1999.2"), 2, "Known: none"),
    ],
)
def test_wrong_use_is_told_in_one_paragraph(pristine_sample, mobility, arguments, code, words):
    result = mobility(*arguments, raw=pristine_sample)
    assert result.returncode == code, result.stderr
    assert words in result.stderr and len(result.stderr.strip().splitlines()) == 1
