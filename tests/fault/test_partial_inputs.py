"""Inputs that lack something: refused by name, accepted by name, told wherever a table built on them is shown."""

import json
import shutil

import duckdb
import pytest

from pipeline.catalog.models import Whole

MIT = "mit-living-wage/mit-living-wage-2022.csv"
FILE_2019 = "edfacts-homelessness/EdDataEx Homelessness 2019.zip"
LIVING_WAGE = ("build", "--metric", "living-wage", "--year", 2022)
SOURCES = ("bls_qcew", "census_population", "mit_living_wage", "census_county_changes")


def accept(*names):
    return [text for name in names for text in ("--accept-partial", name)]


def cut(path, keep):
    """Leave only the header and the lines of which ``keep`` says so."""
    header, *lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, *(line for line in lines if keep(line))]))


@pytest.fixture
def unmarked(sample):
    """The sample without its manifests: nothing says that it is synthetic, so it has to be whole."""
    for manifest in sample.glob("*/manifest.json"):
        manifest.unlink()
    return sample


@pytest.mark.parametrize("rule", [{}, {"at_least": "many"}, {"at_least": 1, "counties": 3}])
def test_a_rule_of_wholeness_has_a_bound(rule):
    with pytest.raises(ValueError, match="at_least|counties"):
        Whole.model_validate({"sql": "count(*)"} | rule)


def test_files_that_are_not_whole_are_refused_by_name_and_accepted_by_name(unmarked, mobility, tmp_path):
    refused = mobility(*LIVING_WAGE, raw=unmarked)
    assert refused.returncode == 3
    for told in (MIT, "counties: at least 3,130", "--accept-partial mit_living_wage@2022"):
        assert told in refused.stderr
    assert not list((tmp_path / "store/metrics").rglob("*.parquet"))

    others = mobility(*LIVING_WAGE, *accept(*SOURCES[:2]), raw=unmarked)
    assert others.returncode == 3
    assert "mit_living_wage" in others.stderr
    assert "accept-partial bls_qcew" not in others.stderr

    accepted = mobility(*LIVING_WAGE, *accept(*SOURCES), "--json", raw=unmarked)
    assert accepted.returncode == 0
    assert any(
        "accepted as partial: staged/mit_living_wage 2022" in note for note in json.loads(accepted.stdout)["notes"]
    )
    lineage = json.loads((tmp_path / "store/metrics/living-wage/county/2022.lineage.json").read_text())
    assert any("staged/mit_living_wage 2022: a raw file is not whole" in text for text in lineage["accepted"])

    again = mobility(*LIVING_WAGE, raw=unmarked)
    assert (again.returncode, "Nothing to do" in again.stdout) == (0, True)
    assert "accepted as partial" in again.stdout
    assert mobility(*LIVING_WAGE, "--force", raw=unmarked).returncode == 0

    cut(unmarked / MIT, lambda line: not line.startswith(b"2021,37"))
    assert "mit_living_wage@2022" in mobility(*LIVING_WAGE, raw=unmarked).stderr


def test_a_release_tells_what_was_accepted(unmarked, mobility, tmp_path):
    assert mobility(*LIVING_WAGE, *accept(*SOURCES), raw=unmarked).returncode == 0
    # The list of counties is partial too, which a release allows by name and reason only
    refused = mobility("release", "2026.1", raw=unmarked)
    assert refused.returncode == 1 and "areas_per_year" in refused.stderr
    allowed = ("--allow-failed-check", "areas_per_year", "--because", "a few counties, for a test")
    assert mobility("release", "2026.1", *allowed, raw=unmarked).returncode == 0
    manifest = json.loads((tmp_path / "store/releases/2026.1/manifest.json").read_text())
    assert any("accepted as partial: staged/bls_qcew" in note or "qcew" in note for note in manifest["notes"])
    assert manifest["inputs"]["metric/living-wage 2022 county"]["accepted"]


@pytest.mark.parametrize(
    ("name", "told"), [("bls_qcwe", "bls_qcew"), ("bls_qcew@1999", "2022"), ("acs_pums@2018", "2018_1-Year")]
)
def test_an_unknown_source_or_vintage_lists_what_exists(sample, mobility, name, told):
    result = mobility(*LIVING_WAGE, *accept(name), raw=sample)
    assert result.returncode == 2
    assert told in result.stderr


def test_a_file_of_another_year_under_this_years_name_is_refused(sample, mobility):
    """Whether or not the year is in it: here two vintages have the same content."""
    folder = sample / "ccd-lea"
    shutil.copy(folder / "ccd_lea_2014_city.csv", folder / "ccd_lea_2015_city.csv")
    result = mobility("build", "--metric", "student-homelessness", "--year", 2015, raw=sample)
    assert result.returncode == 3
    assert "ccd_lea_2015_city.csv" in result.stderr
    living = sample / "mit-living-wage"
    shutil.copy(living / "mit-living-wage-2022.csv", living / "mit-living-wage-2023.csv")
    result = mobility("build", "--metric", "living-wage", "--year", 2022, raw=sample)
    assert result.returncode == 3
    assert "content of another vintage" in result.stderr
    assert "mit-living-wage-2023.csv" in result.stderr


@pytest.fixture
def refused_until_accepted(sample, mobility, tmp_path):
    """A good table, then the lines of the living wages that are kept: the build is refused with the words told and leaves
    the table as it was, until the source is accepted. Gives the table and its good content."""

    def run(keep, accepted, *told):
        assert mobility(*LIVING_WAGE, raw=sample).returncode == 0
        table = tmp_path / "store/metrics/living-wage/county/2022.parquet"
        good = table.read_bytes()
        cut(sample / MIT, keep)
        refused = mobility(*LIVING_WAGE, raw=sample)
        assert refused.returncode == 3
        for words in told:
            assert words in refused.stderr
        assert table.read_bytes() == good
        assert mobility(*LIVING_WAGE, *accept(accepted), raw=sample).returncode == 0
        return table, good

    return run


def test_a_table_that_shrinks_by_half_is_refused_until_accepted(refused_until_accepted):
    words = "lost more than half of its rows"
    table, good = refused_until_accepted(lambda line: line.startswith(b"2021,37"), "mit_living_wage@2022", words)
    assert table.read_bytes() != good


@pytest.mark.parametrize(
    ("gone", "geoids", "told"),
    [
        # Less than half of the rows are gone, and they are all of one state
        (b"2021,13", "13%", ["state 13", "values_now 0", "--accept-partial bls_qcew or mit_living_wage"]),
        # One county
        (b"2021,37,067", "37067", ["geoid 37067"]),
    ],
)
def test_a_state_or_an_area_that_loses_all_values_is_refused_until_accepted(refused_until_accepted, gone, geoids, told):
    words = ("poorer than the last good", *told)
    table, _ = refused_until_accepted(lambda line: not line.startswith(gone), "mit_living_wage", *words)
    lost = duckdb.sql(f"SELECT count(value), count(*) > 0 FROM '{table}' WHERE geoid LIKE '{geoids}'").fetchone()
    assert lost == (0, True)


def test_a_lesser_form_is_taken_when_the_better_one_is_given_up(sample, mobility, tmp_path):
    def slices(year):
        archive = sample / f"bls_qcew/{year}_annual_singlefile.zip"
        for path in sample.glob("bls_qcew/qcew-2021-a-*.csv"):
            target = path.with_name(path.name.replace("2021", str(year)))
            target.write_text(
                path.read_text().replace(",2021,A,", f",{year},A,").replace(',2021,"A",', f',{year},"A",')
            )
        return archive

    archive = slices(2022)
    kept = archive.read_bytes()
    assert mobility(*LIVING_WAGE, raw=sample).returncode == 0
    archive.unlink()
    lost = mobility(*LIVING_WAGE, raw=sample)
    assert lost.returncode == 3
    assert archive.name in lost.stderr
    assert "--accept-partial" in lost.stderr
    taken = mobility(*LIVING_WAGE, *accept("bls_qcew@2022"), raw=sample)
    assert taken.returncode == 0
    assert f"accepted as partial: bls_qcew/{archive.name} was landed and is gone" in taken.stdout
    quiet = mobility(*LIVING_WAGE, raw=sample)
    assert (quiet.returncode, "Nothing to do" in quiet.stdout) == (0, True)

    archive.write_bytes(kept)
    back = mobility(*LIVING_WAGE, raw=sample)
    assert back.returncode == 0
    assert "accepted as partial" not in back.stdout
    archive.unlink()
    assert mobility(*LIVING_WAGE, raw=sample).returncode == 3
