"""Names that do not exist: the error lists what does and suggests the nearest; files are named as people name them."""

import json

import pytest
from click.testing import CliRunner

from pipeline import catalog
from pipeline.catalog.models import WILDCARDS, RawFile
from pipeline.cli import main
from pipeline.errors import MissingInput, nearest, unknown
from pipeline.plan.plan import Plan
from pipeline.store.landing import Landing


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_the_error_suggests_the_nearest_and_lists_all():
    assert str(unknown("metric", "livng-wage", ["employment", "living-wage"])) == (
        "Unknown metric 'livng-wage'. Did you mean living-wage? Known: employment, living-wage."
    )
    assert str(unknown("subgroup", "x", ["All", "Black, Non-Hispanic"])).endswith("Known: All; Black, Non-Hispanic.")
    assert nearest("HISPANIC", ["Hispanic", "White", "Black, Non-Hispanic"]) == ["Hispanic"]
    assert nearest("hispanics", ["Hispanic", "White"]) == ["Hispanic"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("catalog", "livingwage"), "Did you mean living-wage"),
        (("catalog", "qcew"), "Did you mean bls_qcew"),
        (("catalog", "--method", "corected"), "Did you mean corrected? Known: 2025, 2026, corrected, published."),
        (("fetch", "acs-pums"), "Did you mean acs_pums"),
        (("fetch", "bls_qcew@2033"), "Unknown vintage of bls_qcew '2033'. Did you mean 2024"),
        (("build", "--metric", "wage"), "Did you mean living-wage"),
        (("build", "--geography", "counties"), "Unknown geography 'counties'. Did you mean"),
        (("build", "--metric", "living-wage", "--year", "1999"), "Unknown year of living-wage '1999'."),
        (("status", "--metric", "employmnt"), "Did you mean employment"),
    ],
)
def test_every_command_suggests(arguments, words, tmp_path):
    if arguments[0] in ("build", "status"):
        landed = tmp_path / "raw" / "bls_qcew" / "notes.txt"
        landed.parent.mkdir(parents=True)
        landed.write_text("something is landed")
        arguments = [*arguments, "--raw", str(tmp_path / "raw")]
    done = run(*arguments, "--store", str(tmp_path / "store"))
    assert done.exit_code == 2
    assert words in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_source_says_whose_data_it_is_and_where_its_files_come_from():
    text = run("catalog", "acs_pums").stdout
    source = catalog.load().sources["acs_pums"]
    for words in (source.agency, source.dataset, source.licence, source.citation, source.by_hand, source.key):
        assert words in text
    for words in ("table acs_household", "2023_5-Year", "form ipums_by_hand", "acs_pums/<vintage>/csv_p<state>.zip"):
        assert words in text
    assert "key: none needed" in run("catalog", "bls_qcew").stdout
    described = json.loads(run("catalog", "bls_qcew", "--json").stdout)
    assert described["source"] == "bls_qcew" and described["metrics"] == ["living-wage"]
    assert "annual_single_file" in described["tables"]["qcew_county_industry"]["forms"]


def test_no_message_names_files_by_a_pattern(tmp_path):
    with pytest.raises(MissingInput) as error:
        Plan(Landing(tmp_path, tmp_path)).staged("acs_person", "2023_1-Year")
    assert "acs_pums/2023_1-Year/csv_p<state>.zip" in str(error.value) and not WILDCARDS.search(str(error.value))
    for provider in ("census", "ipums"):
        listed = run("fetch", "--list", "--provider", provider, "--raw", str(tmp_path), "--store", str(tmp_path)).stdout
        paths = [line.split(": ", 1)[1].split("  <- ")[0] for line in listed.splitlines() if line.startswith("  ")]
        assert paths and not any(WILDCARDS.search(path) for path in paths)
    for source in catalog.load().sources:
        text = run("catalog", source).stdout
        paths = [line.split("  <- ")[0] for line in text.splitlines() if line.startswith("    ")]
        assert paths and not any(WILDCARDS.search(path) for path in paths), source


def test_a_pattern_of_the_catalog_says_how_people_name_the_files():
    assert RawFile(path="a/{vintage}.csv").called == "a/{vintage}.csv"
    assert RawFile(path="a/*.csv", called="a/<state>.csv").called == "a/<state>.csv"
    assert RawFile(path="a/*.csv").called == "a/<...>.csv"
